#!/bin/sh
# Builds the image of the Dockerfile, as root on a Debian machine that need not reach a registry of images:
#   apt-get install buildah podman runc debootstrap
#   scripts/image.sh base     two base images with Node, from Debian's packages (once, some minutes)
#   scripts/image.sh build    the Dockerfile over them
#   npm run test:image        both, where they are missing; then starts the image and asks it
# Environment:
#   IMAGE_STORE    folder for images and the base (default: below the user's cache directory)
#   IMAGE_SUITE    release of Debian (default: trixie; its Node must be new enough for package.json)
#   IMAGE_CA       certificate authorities of this network, for npm during the build (default: the system's)
#   BUILD_IMAGE, RUN_IMAGE   base images to pull instead, such as node:22-slim and node:22-alpine
set -eu
cd "$(dirname "$0")/.."

suite=${IMAGE_SUITE:-trixie}
store=${IMAGE_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/pyroscope-mcp-image}
certificates=${IMAGE_CA:-/etc/ssl/certs/ca-certificates.crt}
image=localhost/pyroscope-mcp
# Steps of the Dockerfile run in a chroot: that needs no control groups and no network of their own.
export BUILDAH_ISOLATION=chroot

on_store() {
  buildah --root "$store/images" --runroot "$store/run" "$@"
}

# import_root FOLDER NAME: a folder as an image of one layer
import_root() {
  container=$(on_store from scratch)
  on_store add -q "$container" "$1" / >/dev/null
  on_store commit -q --rm "$container" "$2" >/dev/null
  echo "$2"
}

# copy_node FROM TO: Node with all that it loads, and nothing else: no shell, no package manager
copy_node() {
  mkdir -p "$2/usr/bin" "$2/usr/lib" "$2/usr/lib64" "$2/usr/lib/ssl" "$2/etc/ssl/certs" "$2/home/node"
  mkdir -m 1777 "$2/tmp"
  ln -s usr/bin usr/lib usr/lib64 "$2/"
  cp "$1/usr/bin/node" "$2/usr/bin/"
  for library in $(chroot "$1" ldd /usr/bin/node | grep -oE '/[^ ]+\.so[^ ]*' | sort -u); do
    mkdir -p "$2/usr$(dirname "$library")"
    cp -L "$1$library" "$2/usr$library"
  done
  # Debian keeps some of Node's own modules in files.
  for module in $(grep -aoE '/usr/share/nodejs/[a-z0-9./-]+\.js' "$2"/usr/lib/*/libnode.so.* | sort -u); do
    mkdir -p "$2$(dirname "$module")"
    cp -L "$1$module" "$2$module"
  done
  ln -s /etc/ssl/certs "$2/usr/lib/ssl/certs"
  cp -L "$1/etc/ssl/certs/ca-certificates.crt" "$2/etc/ssl/certs/"
  ln -s certs/ca-certificates.crt "$2/etc/ssl/cert.pem"
  ln -s /etc/ssl/cert.pem "$2/usr/lib/ssl/cert.pem"
  echo 'root:x:0:0:root:/:/usr/sbin/nologin
node:x:1000:1000:node:/home/node:/usr/sbin/nologin' >"$2/etc/passwd"
  echo 'root:x:0:
node:x:1000:' >"$2/etc/group"
  echo 'hosts: files dns' >"$2/etc/nsswitch.conf"
  chown 1000:1000 "$2/home/node"
}

case ${1:-} in
base)
  rm -rf "$store/debian" "$store/node"
  mkdir -p "$store/node"
  debootstrap --variant=minbase "$suite" "$store/debian"
  cp /etc/resolv.conf "$store/debian/etc/resolv.conf"
  chroot "$store/debian" sh -c 'apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm ca-certificates &&
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*'
  copy_node "$store/debian" "$store/node"
  import_root "$store/debian" localhost/debian-node:build
  import_root "$store/node" localhost/debian-node:run
  rm -rf "$store/debian" "$store/node"
  ;;
build)
  on_store build --format docker --layers=false --squash \
    --build-arg BUILD_IMAGE="${BUILD_IMAGE:-localhost/debian-node:build}" \
    --build-arg RUN_IMAGE="${RUN_IMAGE:-localhost/debian-node:run}" \
    --volume "$certificates:/etc/ssl/certs/ca-certificates.crt:ro" --tag "$image" .
  on_store images "$image"
  ;;
*)
  sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
  ;;
esac
