package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * All processes of one run: those of its keeper's session, those whose environment carries its mark, those that were seen to
 * descend from them, and the children of all these. A process that leaves the session, clears its environment and loses its
 * parent before it was seen once is not found.
 */
final class ProcessTree {
    /** The variable whose value marks the processes of a run. */
    static final String MARK = "SLIPWAY_EXECUTION";

    private static final Logger LOG = Logger.getLogger(ProcessTree.class);
    private static final Duration KEEPER_GRACE = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);

    private final Evidence evidence;
    private final byte[] mark;
    private final Set<Proc.Identity> escaped = new HashSet<>();

    ProcessTree(Evidence evidence) throws IOException {
        this.evidence = evidence;
        this.mark = (MARK + "=" + evidence.meta().mark()).getBytes(StandardCharsets.UTF_8);
        escaped.addAll(evidence.escaped());
    }

    /** Remembers which descendants left the session, so that they are found when nothing else tells whose they are. */
    synchronized void watch() throws IOException {
        if (!evidence.isOfThisBoot()) {
            return;
        }
        Optional<Proc.Identity> keeper = evidence.keeper();
        List<Proc.Entry> all = Proc.all();
        remember(members(all, keeper, Set.of()), keeper);
    }

    /**
     * Signals all processes of the run, politely until {@code grace} is over and firmly after that, until none is left. The
     * keeper goes last: it still has to record how the agent ended.
     *
     * @return whether none is left; false {@code patience} after the grace
     */
    boolean end(Duration grace, Duration patience) throws IOException {
        Set<Proc.Identity> asked = new HashSet<>();
        Deadline politeness = Deadline.in(grace);
        Deadline limit = Deadline.in(grace.plus(patience));
        Duration pause = FIRST_PAUSE;
        while (true) {
            Set<Proc.Identity> left = find();
            if (left.isEmpty()) {
                return true;
            }
            if (limit.isOver()) {
                return false;
            }
            Set<Proc.Identity> others = new HashSet<>(left);
            evidence.keeper().ifPresent(others::remove);
            if (!politeness.isOver()) {
                others.stream().filter(asked::add).forEach(process -> signal(process, false));
            } else if (!others.isEmpty()) {
                others.forEach(process -> signal(process, true));
            } else if (politeness.elapsed().compareTo(grace.plus(KEEPER_GRACE)) > 0) {
                left.forEach(process -> signal(process, true));
            }
            limit.pause(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** Everything of the run that is alive, its keeper included. */
    private synchronized Set<Proc.Identity> find() throws IOException {
        if (!evidence.isOfThisBoot()) {
            return Set.of();
        }
        Optional<Proc.Identity> keeper = evidence.keeper();
        List<Proc.Entry> all = Proc.all();
        Set<Proc.Identity> marked = all.stream()
                .map(Proc.Entry::identity)
                .filter(identity -> Proc.hasInEnvironment(identity.pid(), mark))
                .collect(Collectors.toSet());
        Set<Proc.Entry> members = members(all, keeper, marked);
        remember(members, keeper);
        return members.stream().map(Proc.Entry::identity).collect(Collectors.toSet());
    }

    private Set<Proc.Entry> members(List<Proc.Entry> all, Optional<Proc.Identity> keeper, Set<Proc.Identity> marked) {
        long session = keeper.filter(identity -> ownsItsSession(all, identity))
                .map(Proc.Identity::pid)
                .orElse(-1L);
        long myself = ProcessHandle.current().pid();
        Set<Proc.Entry> members = new HashSet<>();
        Set<Long> pids = new HashSet<>();
        boolean grown = true;
        while (grown) {
            grown = false;
            for (Proc.Entry process : all) {
                Proc.Identity identity = process.identity();
                boolean belongs = process.session() == session
                        || keeper.filter(identity::equals).isPresent()
                        || marked.contains(identity)
                        || escaped.contains(identity)
                        || pids.contains(process.parent());
                if (belongs && identity.pid() != myself && members.add(process)) {
                    pids.add(identity.pid());
                    grown = true;
                }
            }
        }
        return members;
    }

    /** A session keeps its number after its leader's end, and the number is not given away while the session lasts. */
    private static boolean ownsItsSession(List<Proc.Entry> all, Proc.Identity keeper) {
        return all.stream()
                .map(Proc.Entry::identity)
                .noneMatch(identity -> identity.pid() == keeper.pid() && !identity.equals(keeper));
    }

    private void remember(Set<Proc.Entry> members, Optional<Proc.Identity> keeper) {
        Set<Proc.Identity> outside = members.stream()
                .filter(process -> keeper.filter(identity -> identity.pid() == process.session())
                        .isEmpty())
                .map(Proc.Entry::identity)
                .collect(Collectors.toSet());
        if (!outside.equals(escaped)) {
            escaped.clear();
            escaped.addAll(outside);
            try {
                evidence.recordEscaped(outside);
            } catch (IOException e) {
                LOG.warnf(
                        "descendants of a run are remembered only while this executor runs; is the disk full? (%s)", e);
            }
        }
    }

    private static void signal(Proc.Identity identity, boolean firmly) {
        ProcessHandle.of(identity.pid())
                .filter(handle -> Proc.isAlive(identity))
                .ifPresent(handle -> {
                    if (firmly) {
                        handle.destroyForcibly();
                    } else {
                        handle.destroy();
                    }
                });
    }
}
