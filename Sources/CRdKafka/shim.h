#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>

// glibc declares it only for _GNU_SOURCE, which Swift's importer does not define.
extern int pthread_setname_np(pthread_t thread, const char *name);

// Names the calling thread, at most 15 bytes.
static inline void crdkafka_name_thread(const char *name) {
    (void)pthread_setname_np(pthread_self(), name);
}
