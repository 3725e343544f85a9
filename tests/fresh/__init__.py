"""The README's commands on a machine that has nothing: a Debian made for it, entered by chroot."""
