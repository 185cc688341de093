#!/bin/sh
# Blender's Python module links these libraries. Installs the missing ones where that is allowed; otherwise
# says in one line what to install, and stops.
set -u
libraries="libX11.so.6:libx11-6 libXi.so.6:libxi6 libXfixes.so.3:libxfixes3 libXext.so.6:libxext6
libXrender.so.1:libxrender1 libxkbcommon.so.0:libxkbcommon0 libSM.so.6:libsm6 libICE.so.6:libice6
libGL.so.1:libgl1 libXxf86vm.so.1:libxxf86vm1 libgomp.so.1:libgomp1 libEGL.so.1:libegl1"
missing=""
for pair in $libraries; do
    /sbin/ldconfig -p | grep -q "${pair%%:*}" || missing="$missing ${pair##*:}"
done
"${PYTHON:-python3.11}" -c 'import ensurepip' 2>/dev/null || missing="$missing python3.11-venv"
[ -z "$missing" ] && exit 0
line="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing system libraries:$missing"
    { apt-get update --quiet --quiet && DEBIAN_FRONTEND=noninteractive $line --quiet --quiet; } >/dev/null && exit 0
fi
echo "System libraries are missing. Run this once, then make again:  sudo $line"
exit 1
