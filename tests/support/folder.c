#include "tests/support/folder.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"

char *test_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = xasprintf("%s/gmsa-test-XXXXXX", parent ? parent : P_tmpdir);
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
    return path;
}

int test_folder_count(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    if (folder)
        (void)closedir(folder);
    return count;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

void test_folder_remove(char **path)
{
    if (*path)
        (void)nftw(*path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(STEAL(*path));
}
