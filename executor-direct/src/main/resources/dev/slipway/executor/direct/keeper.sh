# Keeps one run: records who it is, runs the setup command if there is one, claims the right to start, runs the program, and
# records how that ended. Arguments: the directory for its records, then the program and its arguments. Standard output is the
# run's output. Names begin with an underscore so that they are no variables of the task.
readonly _records="$1"
shift

# A signal to the program's whole process group reaches this shell too, and must not keep the end from being recorded.
# Handlers, unlike ignored signals, are not inherited by the program.
trap : HUP INT QUIT ALRM TERM USR1 USR2
exec 2>/dev/null

_start_time() { # of a stat line without its first two fields, the 22nd field of the whole
  shift 19
  printf '%s\n' "$1"
}
read -r _stat <"/proc/$$/stat" || exit 1
_mask=$(umask)
umask 077
printf '%s %s\n' "$$" "$(_start_time ${_stat##*) })" >"$_records/keeper" || exit 1

if [ -e "$_records/setup" ]; then
  # The function 'setup' comes through standard input; not all of it if the executor died.
  _script=$(command -p cat)
  case $_script in
    *'# whole') eval "$_script" ;;
    *) exit 1 ;;
  esac
  [ ! -L "$_records/claimed" ] || exit 1
  (
    umask "$_mask"
    setup 2>&1
  ) </dev/null
  _code=$?
  printf '%-4s\n' "$_code" 1<>"$_records/setup"
  [ "$_code" -eq 0 ] || exit 1

  # What the command left is for the executor to read, which may be away. Who revokes the run makes 'claimed' a link.
  _waits=0
  until [ ! -s "$_records/setup.env" ] || [ -e "$_records/environment" ]; do
    [ ! -L "$_records/claimed" ] || exit 1
    _waits=$((_waits + 1))
    if [ "$_waits" -lt 100 ]; then command -p sleep 0.1; else command -p sleep 1; fi
  done
fi

# Whoever makes this name first decides whether the program runs.
command -p mkdir "$_records/claimed" || exit 1
umask "$_mask"

# The trap runs only if exec fails. bash would leave without running it, but goes on after exec when told so.
(
  [ -z "${BASH_VERSION-}" ] || shopt -s execfail
  trap 'printf 1 1<>"$_records/unstarted"' EXIT
  if [ -e "$_records/environment" ]; then
    . "$_records/environment"
    command -p rm -f "$_records/environment" "$_records/setup.env"
  fi
  exec "$@" 2>&1
  exit
)
# Written over what is there already: this needs no space on the disk.
printf '%-4s\n' "$?" 1<>"$_records/exit"
