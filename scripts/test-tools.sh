#!/usr/bin/env bash
# Installs what only the tests need, from Debian's packages: Chromium with Chinese fonts, PostgreSQL and Redis servers.
# Without root nothing is installed: tests that need a missing tool are then skipped and say so (in CI they fail).
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk fontconfig)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "测试工具缺少：${missing[*]}。相关测试会跳过；用 root 执行 make test-tools 可以安装。" >&2
    exit 0
fi
echo "正在安装测试工具：${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
