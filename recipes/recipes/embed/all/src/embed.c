/* embed NAME INPUT OUTPUT: the bytes of INPUT as `const unsigned char NAME[]` in the file OUTPUT. */
#include <stdio.h>

int main(int count, char **words) {
    FILE *input = count == 4 ? fopen(words[2], "rb") : NULL;
    FILE *output = input ? fopen(words[3], "w") : NULL;
    if (!output) {
        fputs("usage: embed NAME INPUT OUTPUT\n", stderr);
        return 2;
    }
    fprintf(output, "const unsigned char %s[] = {", words[1]);
    long size = 0;
    for (int byte; (byte = getc(input)) != EOF; ++size)
        fprintf(output, "%d,", byte);
    fprintf(output, "0};\nconst unsigned long %s_size = %ld;\n", words[1], size);
    return ferror(input) || fclose(output) ? 1 : 0;
}
