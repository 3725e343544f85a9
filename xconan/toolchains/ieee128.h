/* For ppc64le: the functions of glibc 2.32 that zig's libc++ asks every older glibc for, by those that it has.
   libc++ calls them for double. What has a long double in its own name (operator<<, std::stold) stays undefined. */
#pragma once
#if defined(__cplusplus) && !defined(__ASSEMBLER__)
#define XCONAN_OWN extern "C" inline __attribute__((used, visibility("hidden")))
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
#undef XCONAN_OWN
#endif
