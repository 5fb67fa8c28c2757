/* The memory of a program that is up for long. */
#ifndef GMSA_COMMON_RESIDENT_H
#define GMSA_COMMON_RESIDENT_H

/* Gives back what is mapped of the files of the program and its libraries, unless it was changed:
 * to load, relocate and set up two dozen libraries most of their pages are read, and few ever
 * again. What is needed comes back by itself, out of the page cache. To be called once, when
 * everything is loaded; other threads may run meanwhile. */
void resident_give_back_files(void);

#endif
