package dev.slipway.protocol;

import java.util.OptionalInt;

/**
 * Everything that makes a task fail, each with its word on the wire and what to do about it. The page {@code docs/failures.md}
 * shows this table. What happened in a particular case is the detail that every method takes.
 */
public enum Cause {
    AGENT_FAILED("the agent exited with another code than 0", FailureReason.AGENT_INVOCATION, "its output says why"),
    AGENT_KILLED(
            "a signal ended the agent",
            FailureReason.AGENT_INVOCATION,
            "look for who sent it; after 137 (SIGKILL), for the kernel's out-of-memory killer"),
    PROGRAM_MISSING(
            "the program is missing, or not executable",
            FailureReason.AGENT_INVOCATION,
            "install it on the executor's host, or name another one"),
    ARGUMENTS_UNFIT(
            "the arguments and variables are too large for Linux, or hold what it cannot pass on",
            FailureReason.AGENT_INVOCATION,
            "pass large or unusual values in a file"),
    SETUP_FAILED(
            "the setup command failed",
            FailureReason.SETUP_COMMAND,
            "its output, which precedes the agent's, says why"),
    WORKSPACE_UNFIT(
            "the task's id or working directory cannot be used on this host",
            FailureReason.WORKSPACE_SETUP,
            "mend that, or name another directory"),
    WORKSPACE_FAILED(
            "the workspace cannot be made, or the run cannot be recorded",
            FailureReason.WORKSPACE_SETUP,
            "free the disk, or mend the rights of the directory",
            true),
    START_FAILED(
            "the start failed half-way, and the agent certainly never ran",
            FailureReason.UNKNOWN,
            "the executor's log says why",
            true),
    START_INTERRUPTED(
            "the executor or the shell that keeps the run was killed before the agent started",
            FailureReason.UNKNOWN,
            "look for who killed it, and run it again",
            true),
    EVIDENCE_IN_THE_WAY(
            "the executor has evidence of the same execution under another ledger",
            FailureReason.UNKNOWN,
            "bring that ledger back, or delete the evidence once its task has ended"),
    STOPPED_BEFORE_START(
            "the right to start was taken away before the agent ran", FailureReason.TASK_CANCELLED, "run it again"),
    JOB_REFUSED(
            "the cluster does not take the task's Job",
            FailureReason.JOB_CREATE,
            "correct what the API server's words name: the task, or pod_template"),
    JOB_FORBIDDEN(
            "the cluster does not let the executor's account make the task's Job or Secret",
            FailureReason.JOB_CREATE,
            "give the account the Role of docs/kubernetes.md; an API server that has just started forbids everything for some seconds",
            true),
    JOB_NAME_TAKEN(
            "other Jobs have the names that the task's Job could have",
            FailureReason.JOB_CREATE,
            "delete them, or use a namespace that only Slipway uses"),
    JOB_DEADLINE(
            "the Job or its Pod ran longer than its active deadline",
            FailureReason.ACTIVE_DEADLINE,
            "raise active_deadline_seconds, or make the task smaller"),
    JOB_DELETED(
            "somebody deleted the task's Job or Pod",
            FailureReason.JOB_FAILED,
            "look for who did (kubectl, a clean-up, a drained node), and run it again"),
    JOB_FAILED(
            "the task's Job or Pod failed in another way",
            FailureReason.JOB_FAILED,
            "kubectl describe shows what the cluster knows"),
    POD_DOUBLED(
            "the cluster made a second Pod for the task, so that its agent may have run twice",
            FailureReason.JOB_FAILED,
            "look at what the two did; tell the cluster's operator"),
    POD_REFUSED(
            "the cluster makes no Pod for the task's Job",
            FailureReason.JOB_CREATE,
            "mend what its words name: quota, Pod Security, the service account",
            true),
    POD_EVICTED(
            "the Pod was evicted, or its node was drained or lost",
            FailureReason.EVICTED,
            "run it again; after an eviction for disk or memory, give it more",
            true),
    POD_IMAGE_PULL(
            "an image of the Pod cannot be pulled",
            FailureReason.IMAGE_PULL,
            "correct its name, or give the Pod credentials (imagePullSecrets in pod_template)",
            true),
    POD_IMAGE_NAME(
            "no image can have a name that the Pod uses", FailureReason.INVALID_IMAGE, "correct the image's name"),
    POD_CONTAINER_REFUSED(
            "the node cannot make the Pod's container",
            FailureReason.CONTAINER_CREATE,
            "make what its words name (a Secret, a ConfigMap), or correct pod_template"),
    POD_PROGRAM_MISSING(
            "the Pod's container does not have the program, or it cannot be executed there",
            FailureReason.CONTAINER_START,
            "name another program or another image; an agent needs its sidecar at /agent"),
    POD_INIT_FAILED(
            "an init container of the Pod failed: a sidecar's copy, the setup command, or one of pod_template",
            FailureReason.INIT_CONTAINER,
            "its output, which is the task's, says why"),
    POD_UNSCHEDULABLE(
            "no node could take the Pod for longer than unschedulable_timeout",
            FailureReason.UNSCHEDULABLE,
            "add nodes, ask for less, or correct selectors and tolerations in pod_template",
            true),
    POD_VOLUME(
            "a volume of the Pod could not be mounted for longer than unschedulable_timeout",
            FailureReason.VOLUME_MOUNT,
            "make what its words name, or correct the volumes in pod_template"),
    POD_NODE_LOST(
            "the Pod's node does not answer, so that nobody sees whether the agent has ended",
            FailureReason.JOB_FAILED,
            "look at the node; what still runs there ends when it is back"),
    TIMED_OUT(
            "the task ran longer than its timeout",
            FailureReason.TASK_TIMEOUT,
            "give it more time, or make it smaller"),
    SHUT_DOWN("the task was stopped because Slipway was shut down", FailureReason.GRACEFUL_SHUTDOWN, "run it again"),
    QUEUE_EXPIRED(
            "the task waited in the queue for longer than slipway.queue_timeout",
            FailureReason.DISPATCH_TIMEOUT,
            "run more executors, or raise max_concurrent_tasks or slipway.queue_timeout"),
    HOST_RESTARTED("the host was restarted while the agent ran", FailureReason.UNKNOWN, "run it again"),
    KEEPER_KILLED(
            "whoever watched the agent was killed by somebody else, so that nobody saw how it ended",
            FailureReason.UNKNOWN,
            "look for who killed it (the out-of-memory killer, an operator), and run it again"),
    EVIDENCE_GONE(
            "the executor has no trace left of a task that ran",
            FailureReason.UNKNOWN,
            "find out who removed the executor's state, and run it again"),
    IMAGE_UNFIT("no image can have the name that the task gives", FailureReason.IMAGE_PULL, "correct the image's name"),
    IMAGE_FORBIDDEN(
            "the image is none of those that slipway.docker.allowed_images lists",
            FailureReason.IMAGE_PULL,
            "use another image, or let the operator add it"),
    IMAGE_MISSING(
            "the registry does not have the image, or does not show it to whoever asks",
            FailureReason.IMAGE_PULL,
            "correct the image's name; for a private image, log in (docker login) as the user that the executor runs as"),
    IMAGE_DENIED(
            "the registry does not take the credentials that it was given, or wants some",
            FailureReason.IMAGE_PULL,
            "log in (docker login) as the user that the executor runs as"),
    IMAGE_ABSENT(
            "the engine does not have the image, and slipway.docker.pull_policy is never",
            FailureReason.IMAGE_PULL,
            "load the image into the engine, or change the policy"),
    IMAGE_PLATFORM(
            "the image is not made for the engine's platform",
            FailureReason.IMAGE_PULL,
            "build the image for that platform, or use another engine"),
    IMAGE_PULL_FAILED(
            "the registry cannot be reached, or the pull broke off or made no progress",
            FailureReason.IMAGE_PULL,
            "see to the engine's way to the registry",
            true),
    SIDECAR_UNFIT(
            "a sidecar names no image or no absolute path, or two of them the same path",
            FailureReason.SIDECAR_PREP,
            "correct the task's sidecars"),
    SIDECAR_IMAGE(
            "the registry does not have a sidecar's image, or wants credentials for it",
            FailureReason.SIDECAR_PREP,
            "correct its name, or let everybody pull it: sidecars are pulled without credentials"),
    SIDECAR_FAILED(
            "the files of a sidecar's image cannot be put into a volume",
            FailureReason.SIDECAR_PREP,
            "the engine's words say why; docker system df shows what its disk holds",
            true),
    CONTAINER_CREATE_FAILED(
            "the engine does not make the task's container",
            FailureReason.CONTAINER_CREATE,
            "correct what the engine's words name: volumes, shape or network"),
    CONTAINER_START_FAILED(
            "the engine does not start the task's container",
            FailureReason.CONTAINER_START,
            "correct what the engine's words name"),
    CONTAINER_PROGRAM_MISSING(
            "the image does not have the program, or it cannot be executed there",
            FailureReason.CONTAINER_START,
            "name another program or another image; an agent needs its sidecar at /agent"),
    ENGINE_DISK_FULL(
            "the engine's disk is full",
            FailureReason.CONTAINER_CREATE,
            "free it (docker system df, docker image prune -a, docker builder prune)",
            true),
    CONTAINER_FAILED(
            "the container's program exited with another code than 0",
            FailureReason.CONTAINER_EXIT,
            "its output says why"),
    CONTAINER_KILLED(
            "a signal ended the container's program",
            FailureReason.CONTAINER_EXIT,
            "look for who sent it: an operator, or an engine that was restarted without live-restore"),
    CONTAINER_OUT_OF_MEMORY(
            "the container needed more memory than its shape allows",
            FailureReason.CONTAINER_OOM,
            "give the task a larger shape, or make it need less"),
    CONTAINER_GONE(
            "somebody removed the task's container, so that nobody saw how it ended",
            FailureReason.CONTAINER_WAIT,
            "look for who removed it (docker rm, docker container prune, another program), and run it again"),
    EXECUTOR_LOST(
            "the executor has been away for longer than slipway.lost_after",
            FailureReason.UNKNOWN,
            "start it again, and the task; what still runs there is stopped when it is back"),
    REFUSED(
            "the assignment cannot be read, or asks for what no task may have",
            FailureReason.UNKNOWN,
            "correct the task");

    private final String when;
    private final FailureReason reason;
    private final String remedy;
    private final boolean isTransient;

    Cause(String when, FailureReason reason, String remedy) {
        this(when, reason, remedy, false);
    }

    Cause(String when, FailureReason reason, String remedy, boolean isTransient) {
        this.when = when;
        this.reason = reason;
        this.remedy = remedy;
        this.isTransient = isTransient;
    }

    /** What has happened, in general. */
    public String when() {
        return when;
    }

    public FailureReason reason() {
        return reason;
    }

    public String remedy() {
        return remedy;
    }

    /** Whether a later attempt may succeed although nobody mends anything: a start that failed so is tried again. */
    public boolean isTransient() {
        return isTransient;
    }

    /** Cause and remedy. */
    public String message(String detail) {
        return detail + ": " + remedy;
    }

    public Ending.NotStarted notStarted(String detail) {
        return new Ending.NotStarted(reason, message(detail), isTransient);
    }

    public Ending.Lost lost(String detail) {
        return new Ending.Lost(reason, message(detail));
    }

    /**
     * @param code the agent's exit code, signals as 128+n
     * @param isStopped whether a stop had begun before
     */
    public Ending.Exited exited(int code, String detail, boolean isStopped) {
        return new Ending.Exited(code, reason, message(detail), isStopped);
    }

    public Outcome.Failed failed(String detail, OptionalInt exitCode) {
        return new Outcome.Failed(reason, message(detail), exitCode);
    }
}
