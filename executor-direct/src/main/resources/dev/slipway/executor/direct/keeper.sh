# Keeps one run: records who it is, runs the setup command if there is one, claims the right to start, runs the program, and
# records how that ended. Arguments: the directory for its records, how often to look for the executor after the setup command,
# then the program and its arguments. Standard output is the run's output. Names begin with an underscore so that they are no
# variables of the task.
readonly _records="$1" _looks="$2"
shift 2

# A signal to the program's whole process group reaches this shell too, and must not keep the end from being recorded.
# Handlers, unlike ignored signals, are not inherited by the program.
trap : HUP INT QUIT ALRM TERM USR1 USR2
exec 2>/dev/null

# Records are written over what is there already: this needs no space on the disk. Those of exit codes end a line, and are
# none before they do.
_start_time() { # of a stat line without its first two fields, the 22nd field of the whole
  shift 19
  printf '%s\n' "$1"
}
_give_up() { # and say why: a letter that the class Obstacle knows
  printf '%s' "$1" 1<>"$_records/obstacle"
  exit 1
}

read -r _stat <"/proc/$$/stat" || exit 1
_mask=$(umask)
umask 077
printf '%s %s\n' "$$" "$(_start_time ${_stat##*) })" >"$_records/keeper" || exit 1

_left= # whether the setup command left variables
if [ -e "$_records/setup" ]; then
  # The function 'setup' comes through standard input; not all of it if the executor died.
  _script=$(command -p cat)
  case $_script in
    *'# whole') eval "$_script" ;;
    *) exit 1 ;;
  esac
  [ ! -L "$_records/claimed" ] || exit 1
  printf begun 1<>"$_records/setup" || exit 1
  (
    umask "$_mask"
    setup 2>&1
  ) </dev/null
  _code=$?
  printf '%-4s\n' "$_code" 1<>"$_records/setup"
  [ "$_code" -eq 0 ] || exit 1

  # What the command left is for the executor to read, which may be away. Who revokes the run makes 'claimed' a link.
  if [ -s "$_records/setup.env" ]; then
    _left=yes
    _looked=0
    until [ -e "$_records/environment" ]; do
      [ -e "$_records/setup" ] && [ ! -L "$_records/claimed" ] || exit 1
      [ "$_looked" -lt "$_looks" ] || _give_up a
      _looked=$((_looked + 1))
      if [ "$_looked" -lt 100 ]; then command -p sleep 0.1; else command -p sleep 1; fi
    done
  fi
fi

# Whoever makes this name first decides whether the program runs.
if ! command -p mkdir "$_records/claimed"; then
  [ -e "$_records/claimed" ] || [ -L "$_records/claimed" ] || _give_up c
  exit 1
fi
umask "$_mask"

# The trap runs only if exec fails. bash would leave without running it, but goes on after exec when told so. If the arguments
# can be passed to no other program either, it is for what the setup command left: without that this shell got them.
_tell() {
  [ "$_obstacle" = v ] || [ -z "$_left" ] || /bin/sh -c : sh "$@" 2>/dev/null || _obstacle=l
  printf '%s' "$_obstacle" 1<>"$_records/obstacle"
}
(
  [ -z "${BASH_VERSION-}" ] || shopt -s execfail
  _obstacle=v
  trap '_tell "$@"' EXIT
  if [ -n "$_left" ]; then
    . "$_records/environment"
    [ "$_left" = whole ] || exit # as its last line says: a shell may take what it cannot read for an empty file
    command -p rm -f "$_records/environment" "$_records/setup.env"
  fi
  _obstacle=x
  exec "$@" 2>&1
  exit
)
printf '%-4s\n' "$?" 1<>"$_records/exit"
