# How Espalier is started, read by the launcher of a checkout and by that of an archive: which JDK, which environment, which
# options. The caller names the program by the arguments of "launch".

# Java reads and writes names of files as the locale says: without one, or with one that is not installed, only those of
# ASCII.
charmap=$(locale charmap 2>/dev/null || true)
case ${charmap:-${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}} in
  C | POSIX | ANSI_X3.4-1968 | US-ASCII) export LC_ALL=C.UTF-8 ;;
esac

need=25

die() { echo "espalier: $2" >&2; exit "$1"; }

# The feature version of the JDK in $1, or nothing.
version_of() {
  [ -x "$1/bin/java" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null | head -n 1
}

candidates() {
  [ -n "${ESPALIER_JAVA_HOME:-}" ] && echo "$ESPALIER_JAVA_HOME"
  [ -n "${JAVA_HOME:-}" ] && echo "$JAVA_HOME"
  command -v java >/dev/null && dirname "$(dirname "$(readlink -f "$(command -v java)")")"
  [ -x /usr/libexec/java_home ] && /usr/libexec/java_home -v "$need+" 2>/dev/null
  ls -d /usr/lib/jvm/* /opt/jdk* /opt/java/* "${HOME:-/root}"/.sdkman/candidates/java/* "${HOME:-/root}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home 2>/dev/null
  true
}

find_java() {
  local looked="" candidate version
  while IFS= read -r candidate; do
    version=$(version_of "$candidate")
    if [ -n "$version" ] && [ "$version" -ge "$need" ]; then
      java_home=$candidate
      return
    fi
    looked="$looked${looked:+, }$candidate${version:+ (version $version)}"
  done < <(candidates)
  die 78 "needs JDK $need or newer; looked at: ${looked:-nothing}. Install one (for example Eclipse Temurin) and name it in ESPALIER_JAVA_HOME."
}

processors=$( (nproc || sysctl -n hw.ncpu) 2>/dev/null || echo 1)
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$processors}
# Ranks take turns with all processors: a rank that waits must sleep, not spin.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-10000}
# A step frees and takes the same large tensors again and again: glibc must keep their pages, not give each back to the
# system, which then clears it anew.
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
export MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-33554432}
export MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-1073741824}

# $@: what java is to run. Models live outside the heap, so the collector's own threads would only take processors from the kernels.
launch() {
  # shellcheck disable=SC2086
  exec "$java_home/bin/java" \
    -XX:+UseSerialGC -Xmx1g \
    --sun-misc-unsafe-memory-access=allow \
    -Djava.awt.headless=true "-Despalier.terminal=$([ -t 2 ] && echo true || echo false)" \
    ${ESPALIER_JAVA_OPTS:-} \
    "$@"
}
