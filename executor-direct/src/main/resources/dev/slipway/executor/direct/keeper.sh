# Keeps one run: records who it is, claims the right to start, runs the agent, and records how that ended.
# Arguments: the evidence directory, then the agent's program and its arguments. Standard output is the run's output.
evidence=$1
shift

# A signal to the agent's whole process group reaches this shell too, and must not keep the end from being recorded.
# Handlers, unlike ignored signals, are not inherited by the agent.
trap : HUP INT QUIT ALRM TERM USR1 USR2
exec 2>/dev/null

start_time() { # of a stat line without its first two fields, the 22nd field of the whole
  shift 19
  printf '%s\n' "$1"
}
read -r stat <"/proc/$$/stat" || exit 1
mask=$(umask)
umask 077
printf '%s %s\n' "$$" "$(start_time ${stat##*) })" >"$evidence/keeper" || exit 1

# Whoever makes this name first decides whether the agent runs.
command -p mkdir "$evidence/claimed" || exit 1
umask "$mask"

# The trap runs only if exec fails. bash would leave without running it, but goes on after exec when told so.
(
  [ -z "${BASH_VERSION-}" ] || shopt -s execfail
  trap 'printf 1 1<>"$evidence/unstarted"' EXIT
  exec "$@" 2>&1
  exit
)
# Written over what is there already: this needs no space on the disk.
printf '%-4s\n' "$?" 1<>"$evidence/exit"
