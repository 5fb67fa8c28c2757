/* Memory of libraries that secrets pass through is wiped: blocks of liblber and libldap when they
 * are freed, by functions of theirs that this module has in their place (ber_memfree_x(),
 * ber_memrealloc_x()). A program gets them by linking it and exporting their names. */
#ifndef GMSA_DIRECTORY_WIPING_MEMORY_H
#define GMSA_DIRECTORY_WIPING_MEMORY_H

/* Wipes what the functions that the caller has called left on the stack below it and in the
 * processor's vector registers: there ciphers keep plain text. */
void wipe_traces(void);

#endif
