/* Numbers as Windows' structures have them: little-endian, at any alignment. */
#ifndef GMSA_DIRECTORY_LITTLE_ENDIAN_H
#define GMSA_DIRECTORY_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t le16(const unsigned char *byte)
{
    return (uint16_t)(byte[0] | byte[1] << 8);
}
static inline uint32_t le32(const unsigned char *byte)
{
    return (uint32_t)le16(byte) | (uint32_t)le16(byte + 2) << 16;
}
static inline uint64_t le64(const unsigned char *byte)
{
    return (uint64_t)le32(byte) | (uint64_t)le32(byte + 4) << 32;
}

#endif
