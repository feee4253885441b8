/* What OpenSSL alone needs: two RSA verifications a signature, and its own CMS_verify.

   Built by benchmarks/batch_peers.py. Every function returns how many of the count were good. */

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define DIGEST 32
#define SIGNATURE 256
#define KEY 294

/* The oldest interface: no provider is looked up, no padding or digest object made. */
static int verified(RSA *key, const unsigned char *signature, const unsigned char *digest)
{
    return RSA_verify(NID_sha256, digest, DIGEST, signature, SIGNATURE, key);
}

/* The modulus lies at byte 33 of a SubjectPublicKeyInfo of RSA-2048; the exponent is 65537. */
static RSA *loaded(const unsigned char *key)
{
    RSA *rsa = RSA_new();
    BIGNUM *exponent = BN_new();
    BN_set_word(exponent, 65537);
    RSA_set0_key(rsa, BN_bin2bn(key + 33, SIGNATURE, NULL), exponent, NULL);
    return rsa;
}

/* The certificate's signature with the authority's key, the content's with the holder's, whose key
   has to be read first. */
int two_verifications(int count, const unsigned char *authority, const unsigned char *issued,
                      const unsigned char *issued_digests, const unsigned char *keys,
                      const unsigned char *signatures, const unsigned char *digests)
{
    RSA *root = loaded(authority);
    int good = 0;
    for (int i = 0; i < count; i++) {
        RSA *key = loaded(keys + i * KEY);
        good += verified(root, issued + i * SIGNATURE, issued_digests + i * DIGEST)
            && verified(key, signatures + i * SIGNATURE, digests + i * DIGEST);
        RSA_free(key);
    }
    RSA_free(root);
    return good;
}

/* One key, one signature, over and over. */
int one_verification(int count, const unsigned char *key, const unsigned char *signature,
                     const unsigned char *digest)
{
    RSA *kept = loaded(key);
    int good = 0;
    for (int i = 0; i < count; i++)
        good += verified(kept, signature, digest);
    RSA_free(kept);
    return good;
}

/* CMS_verify with the chain to the root, at an instant, without revocation. */
int cms_verify(int count, const unsigned char *root, int root_length, long at,
               const unsigned char **signatures, const int *lengths,
               const unsigned char **contents, const int *content_lengths)
{
    X509_STORE *store = X509_STORE_new();
    X509 *trusted = d2i_X509(NULL, &root, root_length);
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    int good = 0;
    X509_STORE_add_cert(store, trusted);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_time(param, at);
    for (int i = 0; i < count; i++) {
        const unsigned char *place = signatures[i];
        CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &place, lengths[i]);
        BIO *content = BIO_new_mem_buf(contents[i], content_lengths[i]);
        good += cms != NULL && CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY) == 1;
        BIO_free(content);
        CMS_ContentInfo_free(cms);
    }
    X509_free(trusted);
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}
