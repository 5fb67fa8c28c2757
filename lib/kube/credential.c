#include "lib/kube/credential.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/common/base64.h"
#include "lib/common/buffer.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"

enum { TOKEN_MAX = 64 * 1024 };

/* RFC 9110 knows no bytes in a field that end it: a token must not add fields of its own. */
static bool is_field_text(const unsigned char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return false;
    return length > 0;
}

static int set_header(struct kube_credential *credential, const char *scheme,
                      const unsigned char *text, size_t length, struct error **err)
{
    struct secure_buffer header = {0};
    char begin[32];
    int begin_length = snprintf(begin, sizeof(begin), "Authorization: %s ", scheme);
    if (secure_buffer_create(&header, (size_t)begin_length + length, err) < 0)
        return -1;
    memcpy(header.data, begin, (size_t)begin_length);
    memcpy(header.data + begin_length, text, length);
    header.length = (size_t)begin_length + length;
    header.data[header.length] = '\0';
    secure_buffer_release(&credential->header);
    credential->header = header;
    return 0;
}

static int use_token(struct kube_credential *credential, const struct secure_buffer *token,
                     const char *name, struct error **err)
{
    size_t length = token->length;
    while (length > 0 && token->data[length - 1] <= ' ')
        length--;
    if (!is_field_text(token->data, length))
        return error_set(err, ERROR_INPUT, "%s holds no token", name);
    return set_header(credential, "Bearer", token->data, length, err);
}

static int use_password(struct kube_credential *credential, struct error **err)
{
    const struct kube_config *config = credential->config;
    struct buffer plain = {0}, encoded = {0};
    /* No growing, or copies would be left behind. */
    buffer_reserve(&plain, strlen(config->username) + 1 + config->password.length);
    buffer_reserve(&encoded, plain.capacity / 3 * 4 + 8);
    buffer_append_format(&plain, "%s:", config->username);
    buffer_append(&plain, config->password.data, config->password.length);
    base64_encode(&encoded, plain.data, plain.length);
    int result =
        set_header(credential, "Basic", (const unsigned char *)encoded.data, encoded.length, err);
    explicit_bzero(plain.data, plain.capacity);
    explicit_bzero(encoded.data, encoded.capacity);
    buffer_release(&plain);
    buffer_release(&encoded);
    return result;
}

static bool is_unchanged(const struct kube_credential *credential, const struct stat *status)
{
    return !credential->stale && credential->file_inode == status->st_ino &&
           credential->file_time.tv_sec == status->st_mtim.tv_sec &&
           credential->file_time.tv_nsec == status->st_mtim.tv_nsec;
}

static int read_token_file(struct kube_credential *credential, struct error **err)
{
    const char *path = credential->config->token_file;
    cleanup_secure_buffer struct secure_buffer token = {0};
    struct stat status;
    if (stat(path, &status) < 0)
        return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_DENIED, errno,
                               "token file %s", path);
    if (credential->header.data && is_unchanged(credential, &status))
        return 0;
    /* Should the file change between the two calls, it will look changed next time. */
    if (secure_buffer_read_file(&token, path, TOKEN_MAX, err) < 0 ||
        use_token(credential, &token, path, err) < 0)
        return -1;
    credential->file_inode = status.st_ino;
    credential->file_time = status.st_mtim;
    credential->stale = credential->complained = false;
    return 0;
}

static int follow_token_file(struct kube_credential *credential, struct error **err)
{
    const struct kube_config *config = credential->config;
    cleanup_error struct error *problem = NULL;
    if (read_token_file(credential, &problem) == 0)
        return 0;
    if (!credential->header.data && config->token.data &&
        use_token(credential, &config->token, config->source, err) < 0)
        return -1;
    if (!credential->header.data)
        return error_move(err, STEAL(problem));
    if (!credential->complained)
        log_warning("the API token cannot be read anew: the old one is used further",
                    log_error_field(problem));
    credential->complained = true;
    return 0;
}

int kube_credential_line(struct kube_credential *credential, const char **line, struct error **err)
{
    const struct kube_config *config = credential->config;
    int result = 0;
    if (config->token_file)
        result = follow_token_file(credential, err);
    else if (config->token.data && !credential->header.data)
        result = use_token(credential, &config->token, config->source, err);
    else if (config->username && !credential->header.data)
        result = use_password(credential, err);
    *line = (const char *)credential->header.data;
    return result;
}

void kube_credential_doubt(struct kube_credential *credential)
{
    credential->stale = true;
}

void kube_credential_release(struct kube_credential *credential)
{
    secure_buffer_release(&credential->header);
}
