package dev.slipway.executor.direct;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides which of a host's processes belong to a run. Pure. */
final class Membership {
    private Membership() {}

    /**
     * The keeper, its session, what is marked, what was seen to belong before, and the descendants of all these.
     *
     * @param all the host's processes
     * @param marked those of them whose environment carries the run's mark
     * @param seen those that belonged when somebody looked last
     * @param myself a pid that never belongs
     */
    static Set<Proc.Entry> members(
            List<Proc.Entry> all,
            Optional<Proc.Identity> keeper,
            Set<Proc.Identity> marked,
            Set<Proc.Identity> seen,
            long myself) {
        long session = keeper.filter(identity -> ownsItsSession(all, identity, marked, seen))
                .map(Proc.Identity::pid)
                .orElse(-1L);
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
                        || seen.contains(identity)
                        || pids.contains(process.parent());
                if (belongs && identity.pid() != myself && members.add(process)) {
                    pids.add(identity.pid());
                    grown = true;
                }
            }
        }
        return members;
    }

    /**
     * A session keeps its number, the keeper's pid, after the keeper's end, and that number is not given away while the
     * session lasts. Once both have ended, strangers may have a session of that number, which even outlives its own leader:
     * so it is the run's only as long as somebody in it is known to be.
     */
    private static boolean ownsItsSession(
            List<Proc.Entry> all, Proc.Identity keeper, Set<Proc.Identity> marked, Set<Proc.Identity> seen) {
        Optional<Proc.Identity> holder = all.stream()
                .map(Proc.Entry::identity)
                .filter(identity -> identity.pid() == keeper.pid())
                .findFirst();
        if (holder.isPresent()) {
            return holder.get().equals(keeper);
        }
        return all.stream()
                .filter(process -> process.session() == keeper.pid())
                .map(Proc.Entry::identity)
                .anyMatch(identity -> marked.contains(identity) || seen.contains(identity));
    }
}
