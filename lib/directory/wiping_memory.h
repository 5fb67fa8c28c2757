/* An allocator whose free() wipes: for libraries whose buffers secrets pass through. */
#ifndef GMSA_DIRECTORY_WIPING_MEMORY_H
#define GMSA_DIRECTORY_WIPING_MEMORY_H

/* Hands it to liblber (and so to libldap) and to SASL, for the whole process. From any thread, any
 * number of times; but anybody else's use of these libraries must come after the first. */
void wiping_memory_install(void);

#endif
