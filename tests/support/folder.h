/* A temporary folder for one test, removed with all that is in it. */
#ifndef GMSA_TESTS_SUPPORT_FOLDER_H
#define GMSA_TESTS_SUPPORT_FOLDER_H

/* Path of a new, empty folder; the test fails where none can be made. The caller frees it. */
char *test_folder(void);
/* Number of entries in a folder. */
int test_folder_count(const char *path);
/* Removes the folder and frees the path. */
void test_folder_remove(char **path);

#define cleanup_test_folder __attribute__((cleanup(test_folder_remove)))

#endif
