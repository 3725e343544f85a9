/* For ppc64le before glibc 2.32, where a long double is a pair of doubles: what zig does not bring.

   Its compiler-rt knows IEEE's 128 bits alone, and its libc++ asks every older glibc for functions of 2.32. What stays
   undefined is a long double in libc++ itself (operator<<, std::stold), and the product of complex ones. */
#pragma once
#ifndef __ASSEMBLER__
#ifdef __cplusplus
#define XCONAN_OWN extern "C" inline __attribute__((used, visibility("hidden")))
#else
#define XCONAN_OWN __attribute__((weak, used, visibility("hidden")))
#endif
#pragma float_control(precise, on, push) /* whatever -ffast-math says */

/* Arithmetic, as libgcc names it; after T. J. Dekker, "A floating-point technique for extending the available
   precision", 1971. A pair is the nearest double, and what is left. */
XCONAN_OWN long double xconan_pair(double high, double low)
{ /* of high + low, where low is the smaller one */
  union { double parts[2]; long double whole; } pair;
  pair.parts[0] = low == 0.0 ? high : high + low; /* -0.0 stays what it is */
  pair.parts[1] = __builtin_isfinite(pair.parts[0]) ? high - pair.parts[0] + low : 0.0;
  return pair.whole;
}
XCONAN_OWN long double __gcc_qadd(double a, double a2, double b, double b2)
{
  double high = a + b, rest = a - high;
  if (!__builtin_isfinite(high)) return xconan_pair(a2 + b2 + b + a, 0.0);
  return xconan_pair(high, rest + b + (a - (rest + high)) + a2 + b2);
}
XCONAN_OWN long double __gcc_qsub(double a, double a2, double b, double b2)
{ return __gcc_qadd(a, a2, -b, -b2); }
XCONAN_OWN long double __gcc_qmul(double a, double a2, double b, double b2)
{
  double high = a * b;
  if (high == 0.0 || !__builtin_isfinite(high)) return xconan_pair(high, 0.0);
  return xconan_pair(high, __builtin_fma(a, b, -high) + (a * b2 + a2 * b));
}
XCONAN_OWN long double __gcc_qdiv(double a, double a2, double b, double b2)
{
  double high = a / b;
  if (high == 0.0 || !__builtin_isfinite(high) || !__builtin_isfinite(b)) return xconan_pair(high, 0.0);
  return xconan_pair(high, (__builtin_fma(-high, b, a) + (a2 - high * b2)) / b);
}
XCONAN_OWN long double __powitf2(long double base, int power)
{
  unsigned left = power < 0 ? -(unsigned)power : (unsigned)power;
  long double told = 1;
  for (; left; left >>= 1, base *= base)
    if (left & 1) told *= base;
  return power < 0 ? 1 / told : told;
}

/* Integers, towards zero; out of range C promises nothing. */
XCONAN_OWN __int128 __fixtfti(long double x)
{
  union { long double whole; double parts[2]; } pair;
  double high, low;
  pair.whole = x;
  high = __builtin_trunc(pair.parts[0]);
  low = high == pair.parts[0] ? pair.parts[1] : 0.0; /* else it can't reach the next integer */
  return (__int128)high + (__int128)(high < 0 ? __builtin_ceil(low) : __builtin_floor(low));
}
XCONAN_OWN unsigned __int128 __fixunstfti(long double x)
{
  const unsigned __int128 half = (unsigned __int128)1 << 127;
  const long double border = 2 * (long double)((__int128)1 << 126);
  return x < border ? (unsigned __int128)__fixtfti(x) : half + (unsigned __int128)__fixtfti(x - border);
}
XCONAN_OWN long __fixtfdi(long double x) { return (long)__fixtfti(x); }
XCONAN_OWN unsigned long __fixunstfdi(long double x) { return (unsigned long)__fixtfti(x); }
XCONAN_OWN long double __floattitf(__int128 x)
{
  unsigned __int128 size = x < 0 ? -(unsigned __int128)x : (unsigned __int128)x;
  double high = (double)size;
  long double told = xconan_pair(high, (double)(__int128)(size - (unsigned __int128)high));
  return x < 0 ? -told : told;
}
XCONAN_OWN long double __floatditf(long x) { return __floattitf(x); }
#pragma float_control(pop)

/* Names that compiler-rt has as well, and the linker would take there. */
#define XCONAN_LIBM(name) __asm__(".symver " #name ", " #name "@GLIBC_2.17");
XCONAN_LIBM(ceill) XCONAN_LIBM(cosl) XCONAN_LIBM(exp2l) XCONAN_LIBM(expl) XCONAN_LIBM(fabsl) XCONAN_LIBM(floorl)
XCONAN_LIBM(fmal) XCONAN_LIBM(fmaxl) XCONAN_LIBM(fminl) XCONAN_LIBM(fmodl) XCONAN_LIBM(log10l) XCONAN_LIBM(log2l)
XCONAN_LIBM(logl) XCONAN_LIBM(roundl) XCONAN_LIBM(sincosl) XCONAN_LIBM(sinl) XCONAN_LIBM(sqrtl) XCONAN_LIBM(tanl)
XCONAN_LIBM(truncl)
#undef XCONAN_LIBM

#ifdef __cplusplus
/* The functions of glibc 2.32 that libc++ calls, for double, by those that every glibc has. */
#define XCONAN_CALL(call) \
  __builtin_va_list words; __builtin_va_start(words, format); int told = call; __builtin_va_end(words); return told

extern "C" {
int xconan_vfprintf(void *, const char *, __builtin_va_list) __asm__("vfprintf");
int xconan_vsnprintf(char *, __SIZE_TYPE__, const char *, __builtin_va_list) __asm__("vsnprintf");
int xconan_vasprintf(char **, const char *, __builtin_va_list) __asm__("vasprintf");
int xconan_vsscanf(const char *, const char *, __builtin_va_list) __asm__("__isoc99_vsscanf");
int xconan_vswprintf(wchar_t *, __SIZE_TYPE__, const wchar_t *, __builtin_va_list) __asm__("vswprintf");
}
XCONAN_OWN int __vfprintfieee128(void *to, const char *format, __builtin_va_list words)
{ return xconan_vfprintf(to, format, words); }
XCONAN_OWN int __fprintfieee128(void *to, const char *format, ...)
{ XCONAN_CALL(xconan_vfprintf(to, format, words)); }
XCONAN_OWN int __vsnprintfieee128(char *to, __SIZE_TYPE__ size, const char *format, __builtin_va_list words)
{ return xconan_vsnprintf(to, size, format, words); }
XCONAN_OWN int __snprintfieee128(char *to, __SIZE_TYPE__ size, const char *format, ...)
{ XCONAN_CALL(xconan_vsnprintf(to, size, format, words)); }
XCONAN_OWN int __vasprintfieee128(char **to, const char *format, __builtin_va_list words)
{ return xconan_vasprintf(to, format, words); }
XCONAN_OWN int __isoc99_sscanfieee128(const char *from, const char *format, ...)
{ XCONAN_CALL(xconan_vsscanf(from, format, words)); }
XCONAN_OWN int __swprintfieee128(wchar_t *to, __SIZE_TYPE__ size, const wchar_t *format, ...)
{ XCONAN_CALL(xconan_vswprintf(to, size, format, words)); }
XCONAN_OWN void __strtoieee128_l() /* named by a table of functions, for a long double that no code here has */
{ __builtin_trap(); }
#undef XCONAN_CALL
#endif
#undef XCONAN_OWN
#endif
