/*
 * Stands between a process and its disk (LD_PRELOAD), for tests:
 * - TOUCHLINE_DISK_LOG=<file>: every change of <...>.db, <...>.db-wal and <...>.db-journal is written to it, in order, with its bytes;
 *   lines written to <...>.acks are in it too, so that what was acknowledged has its place among the writes.
 * - TOUCHLINE_DISK_FAIL=<file>: while it exists, flushing a -wal fails with EIO; a file that is not empty is deleted by the first failure.
 * Log entry: 1 byte kind (W write, S flush, T truncate, D delete), 1 byte file (0 database, 1 log, 2 acknowledgements, 3 journal), 8 bytes offset or
 * length, 4 bytes of data that follow; little-endian.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096
static signed char kinds[FILES]; /* 0: not ours, else kind + 1 */
static int logged = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
#define REAL(type, name)                                                       \
  static __typeof__(type) real_##name;                                         \
  if (!real_##name) real_##name = (__typeof__(type))real(#name)

static int ends(const char *path, const char *with) {
  size_t a = strlen(path), b = strlen(with);
  return a >= b && strcmp(path + a - b, with) == 0;
}

static int kind_of(const char *path) {
  if (ends(path, ".db")) return 0;
  if (ends(path, ".db-wal")) return 1;
  if (ends(path, ".acks")) return 2;
  if (ends(path, ".db-journal")) return 3;
  return -1;
}

static int log_file(void) {
  const char *path = getenv("TOUCHLINE_DISK_LOG");
  if (logged == -1 && path) {
    REAL(int (*)(const char *, int, ...), open);
    logged = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  return logged;
}

static void note(char op, int kind, uint64_t at, const void *data, uint32_t length) {
  REAL(ssize_t (*)(int, const void *, size_t), write);
  unsigned char head[14] = {(unsigned char)op, (unsigned char)kind};
  memcpy(head + 2, &at, 8);
  memcpy(head + 10, &length, 4);
  if (log_file() < 0) return;
  if (real_write(logged, head, sizeof head) < 0) return;
  if (length && real_write(logged, data, length) < 0) return;
}

static int opened(int fd, const char *path) {
  if (fd >= 0 && fd < FILES) kinds[fd] = (signed char)(kind_of(path) + 1);
  return fd;
}

static int kind(int fd) { return fd >= 0 && fd < FILES ? kinds[fd] - 1 : -1; }

#define OPEN(name)                                                             \
  int name(const char *path, int flags, ...) {                                 \
    REAL(int (*)(const char *, int, ...), name);                               \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                \
    va_end(rest);                                                              \
    return opened(real_##name(path, flags, mode), path);                       \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  REAL(int (*)(int), close);
  if (fd >= 0 && fd < FILES) kinds[fd] = 0;
  return real_close(fd);
}

#define PWRITE(name, offset)                                                   \
  ssize_t name(int fd, const void *data, size_t length, offset at) {           \
    REAL(ssize_t (*)(int, const void *, size_t, offset), name);                \
    if (kind(fd) < 0) return real_##name(fd, data, length, at);                \
    pthread_mutex_lock(&lock);                                                 \
    ssize_t done = real_##name(fd, data, length, at);                          \
    if (done > 0) note('W', kind(fd), (uint64_t)at, data, (uint32_t)done);     \
    pthread_mutex_unlock(&lock);                                               \
    return done;                                                               \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
  REAL(ssize_t (*)(int, const void *, size_t), write);
  if (kind(fd) < 0) return real_write(fd, data, length);
  pthread_mutex_lock(&lock);
  uint64_t at = (uint64_t)lseek(fd, 0, SEEK_CUR);
  ssize_t done = real_write(fd, data, length);
  if (done > 0) note('W', kind(fd), at, data, (uint32_t)done);
  pthread_mutex_unlock(&lock);
  return done;
}

static int must_fail(int fd) {
  const char *path = getenv("TOUCHLINE_DISK_FAIL");
  struct stat found;
  if (!path || kind(fd) != 1 || stat(path, &found) != 0) return 0;
  if (found.st_size > 0) unlink(path);
  return 1;
}

#define FLUSH(name)                                                            \
  int name(int fd) {                                                           \
    REAL(int (*)(int), name);                                                  \
    if (kind(fd) < 0) return real_##name(fd);                                  \
    if (must_fail(fd)) {                                                       \
      errno = EIO;                                                             \
      return -1;                                                               \
    }                                                                          \
    pthread_mutex_lock(&lock);                                                 \
    int done = getenv("TOUCHLINE_DISK_LOG") ? 0 : real_##name(fd);             \
    note('S', kind(fd), 0, 0, 0);                                              \
    pthread_mutex_unlock(&lock);                                               \
    return done;                                                               \
  }
FLUSH(fsync)
FLUSH(fdatasync)

#define TRUNCATE(name, offset)                                                 \
  int name(int fd, offset length) {                                            \
    REAL(int (*)(int, offset), name);                                          \
    if (kind(fd) < 0) return real_##name(fd, length);                          \
    pthread_mutex_lock(&lock);                                                 \
    int done = real_##name(fd, length);                                        \
    note('T', kind(fd), (uint64_t)length, 0, 0);                               \
    pthread_mutex_unlock(&lock);                                               \
    return done;                                                               \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
  REAL(int (*)(const char *), unlink);
  int done = real_unlink(path);
  if (done == 0 && kind_of(path) >= 0) {
    pthread_mutex_lock(&lock);
    note('D', kind_of(path), 0, 0, 0);
    pthread_mutex_unlock(&lock);
  }
  return done;
}
