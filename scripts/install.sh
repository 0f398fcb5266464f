#!/usr/bin/env bash
# Installs the locked environment: finds Python 3.11, fetches uv if it is missing, syncs .venv from uv.lock.
set -euo pipefail
cd "$(dirname "$0")/.."

python=""
for candidate in python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    echo "需要 Python 3.11：请先安装（Debian 12：apt-get install python3.11），再重新执行。" >&2
    exit 1
fi

free=$(df -Pm . | awk 'NR==2 {print $4}')
if [ ! -d .venv ] && [ "$free" -lt 3000 ]; then
    echo "磁盘空间不足：安装需要约 3000 MiB，只剩 ${free} MiB；请清理后重试。" >&2
    exit 1
fi

if command -v uv >/dev/null; then
    uv=(uv)
else
    if [ ! -d .tools/uv ]; then
        if ! "$python" -m pip --version >/dev/null 2>&1; then
            echo "缺少 pip：请先安装（Debian 12：apt-get install python3-pip），再重新执行。" >&2
            exit 1
        fi
        echo "正在下载 uv …"
        "$python" -m pip install --quiet --root-user-action=ignore --target .tools/uv.new "uv>=0.5"
        mv .tools/uv.new .tools/uv
    fi
    uv=(.tools/uv/bin/uv)
fi

echo "正在安装依赖（首次约需一到三分钟）…"
quiet=(--quiet)
[ -t 2 ] && quiet=()  # a person at a terminal sees uv's own progress
if ! "${uv[@]}" sync --locked "${quiet[@]}" --python "$python"; then
    echo "依赖安装失败，原因见上；检查网络后重新执行 make install。" >&2
    exit 1
fi
