/* Nanoseconds of one real transform by FFTW's float plan (MEASURE), input copied in: the best of many short rounds.
   cc -O2 fftw.c -lfftw3f -o fftw && ./fftw 1024 */
#include <fftw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  const int size = argc > 1 ? atoi(argv[1]) : 1024;
  const int rounds = 200, each = 1000;
  if (size < 2) return 1;
  float *source = fftwf_alloc_real((size_t)size);
  float *in = fftwf_alloc_real((size_t)size);
  fftwf_complex *out = fftwf_alloc_complex((size_t)size / 2 + 1);
  fftwf_plan plan = fftwf_plan_dft_r2c_1d(size, in, out, FFTW_MEASURE);
  if (plan == NULL) return 1;
  for (int i = 0; i < size; i++) source[i] = (float)((i * 7919) % 1000) / 500.0f - 1.0f;
  double best = 1e18, check = 0;
  for (int round = 0; round < rounds; round++) {
    const double began = now_ns();
    for (int i = 0; i < each; i++) {
      memcpy(in, source, sizeof(float) * (size_t)size);
      fftwf_execute(plan);
      check += out[1][0];
    }
    const double took = (now_ns() - began) / each;
    if (took < best) best = took;
  }
  printf("%.1f %s\n", best, check == check ? "ok" : "nan");
  return 0;
}
