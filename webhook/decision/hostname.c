/* Random hostnames: containers of one gMSA that share a name are one machine to the domain
 * controller, which breaks their secure channels. Opt-in. */
#include <openssl/evp.h>

#include "webhook/decision/pod_case.h"

/* 15 characters are what a NetBIOS name can have. The first, one of 16 letters, makes it a DNS
 * label in every case; 4 + 14 * 5 = 74 bits in all. */
enum { HOSTNAME_LENGTH = 15 };

void pod_hostname_write(struct pod_case *pod, struct slice uid, struct patch *patch)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!pod->settings->random_hostname || pod->old || !pod->on_windows || pod->keep_hostname ||
        pod->pod->hostname.length || pod->pod->host_network)
        return;
    if (EVP_Digest(uid.data, uid.length, digest, NULL, EVP_sha256(), NULL) != 1)
        return;
    char name[HOSTNAME_LENGTH];
    for (size_t i = 0; i < HOSTNAME_LENGTH; i++)
        name[i] = digits[digest[i] & (i == 0 ? 15 : 31)];
    patch_text(patch, slice_present(pod->pod->hostname) ? PATCH_REPLACE : PATCH_ADD,
               "/spec/hostname", (struct slice){name, sizeof(name)});
}
