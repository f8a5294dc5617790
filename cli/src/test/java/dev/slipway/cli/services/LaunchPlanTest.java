package dev.slipway.cli.services;

import static dev.slipway.cli.services.ServiceName.CONNECTOR;
import static dev.slipway.cli.services.ServiceName.DISPATCHER;
import static dev.slipway.cli.services.ServiceName.EXECUTOR_DIRECT;
import static dev.slipway.cli.services.ServiceName.EXECUTOR_DOCKER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.services.LaunchRecord.ProcessMark;
import dev.slipway.cli.services.LaunchRequest.Owner;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Backend;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LaunchPlanTest {
    private static final Set<Backend> DIRECT = Set.of(Backend.DIRECT);

    private static final ControlPlane CONTROL_PLANE =
            new ControlPlane(SecretValue.of("key"), Optional.of("ws://one"), Optional.empty(), Optional.empty());

    @Test
    void startsEverythingOnTheUsualPortsTheFirstTime() {
        var plan = LaunchPlan.of(request(PortWish.rather(8080), 9464), Optional.empty(), Set.of(), DIRECT);

        assertThat(plan.start())
                .containsExactly(
                        Map.entry(DISPATCHER, PortWish.rather(8080)),
                        Map.entry(EXECUTOR_DIRECT, PortWish.rather(8082)));
        assertThat(plan.metrics()).isEqualTo(PortWish.rather(9464));
        assertThat(plan.controlPlane()).isEmpty();
    }

    @Test
    void startsAConnectorOnlyWithAControlPlane() {
        var plan = LaunchPlan.of(withControlPlane(CONTROL_PLANE), Optional.empty(), Set.of(), DIRECT);

        assertThat(plan.start().keySet()).containsExactly(DISPATCHER, CONNECTOR, EXECUTOR_DIRECT);
        assertThat(plan.controlPlane()).contains(CONTROL_PLANE);
    }

    @Test
    void takesAnyPortsWhenAskedForPortZero() {
        var plan = LaunchPlan.of(request(PortWish.ANY, 0), Optional.empty(), Set.of(), DIRECT);

        assertThat(plan.start().values()).containsOnly(PortWish.ANY);
        assertThat(plan.metrics()).isEqualTo(PortWish.ANY);
    }

    @Test
    void startsJustTheDeadOneOnThePortThatItHad() {
        var plan = LaunchPlan.of(
                request(PortWish.ANY, 0), Optional.of(remembered()), Set.of(DISPATCHER, CONNECTOR), DIRECT);

        assertThat(plan.start()).containsExactly(Map.entry(EXECUTOR_DIRECT, PortWish.rather(2)));
        assertThat(plan.unheeded()).isFalse();
    }

    @Test
    void insistsOnTheDispatchersPortWhileOthersKnowItByThat() {
        var plan = LaunchPlan.of(
                request(PortWish.rather(8080), 9464), Optional.of(remembered()), Set.of(EXECUTOR_DIRECT), DIRECT);

        assertThat(plan.start()).containsEntry(DISPATCHER, PortWish.only(1));
        assertThat(plan.metrics()).isEqualTo(PortWish.rather(4));
    }

    @Test
    void prefersTheEarlierPortsWhenAllHaveDiedAndAnyPortWillDo() {
        var plan = LaunchPlan.of(request(PortWish.ANY, 0), Optional.of(remembered()), Set.of(), DIRECT);

        assertThat(plan.start())
                .containsEntry(DISPATCHER, PortWish.rather(1))
                .containsEntry(EXECUTOR_DIRECT, PortWish.rather(2));
        assertThat(plan.metrics()).isEqualTo(PortWish.rather(4));
    }

    @Test
    void takesTheRequestedPortWhenAllHaveDied() {
        var plan = LaunchPlan.of(request(PortWish.only(7000), 7001), Optional.of(remembered()), Set.of(), DIRECT);

        assertThat(plan.start()).containsEntry(DISPATCHER, PortWish.only(7000));
        assertThat(plan.metrics()).isEqualTo(PortWish.rather(7001));
    }

    @Test
    void startsADeadConnectorAgainWithTheControlPlaneItHad() {
        var plan = LaunchPlan.of(request(PortWish.ANY, 0), Optional.of(remembered()), Set.of(DISPATCHER), DIRECT);

        assertThat(plan.start()).containsKey(CONNECTOR);
        assertThat(plan.controlPlane()).contains(CONTROL_PLANE);
    }

    @Test
    void forgetsTheControlPlaneOnceNothingOfThatLaunchIsAlive() {
        var plan = LaunchPlan.of(request(PortWish.ANY, 0), Optional.of(remembered()), Set.of(), DIRECT);

        assertThat(plan.start()).doesNotContainKey(CONNECTOR);
        assertThat(plan.controlPlane()).isEmpty();
    }

    @Test
    void startsNothingWhenAllAreAlive() {
        var plan = LaunchPlan.of(
                request(PortWish.rather(8080), 9464),
                Optional.of(remembered()),
                Set.of(DISPATCHER, EXECUTOR_DIRECT, CONNECTOR),
                DIRECT);

        assertThat(plan.start()).isEmpty();
        assertThat(plan.unheeded()).isFalse();
    }

    @Test
    void tellsWhenRunningServicesDoNotHeedWhatIsAskedFor() {
        var all = Set.of(DISPATCHER, EXECUTOR_DIRECT, CONNECTOR);
        var other = new ControlPlane(SecretValue.of("other"), Optional.empty(), Optional.empty(), Optional.empty());

        assertThat(LaunchPlan.of(withControlPlane(other), Optional.of(remembered()), all, DIRECT)
                        .unheeded())
                .isTrue();
        assertThat(LaunchPlan.of(withControlPlane(CONTROL_PLANE), Optional.of(remembered()), all, DIRECT)
                        .unheeded())
                .isFalse();
        assertThat(LaunchPlan.of(request(PortWish.only(7000), 0), Optional.of(remembered()), all, DIRECT)
                        .unheeded())
                .isTrue();
    }

    @Test
    void servicesOfAnOperatorStayTheOperators() {
        var run = new LaunchRequest(
                Optional.empty(), Optional.empty(), PortWish.ANY, ListenAddress.loopback(0), LogLevel.INFO, Owner.RUN);
        var ofRun = remembered().withOwner(Owner.RUN);

        assertThat(LaunchPlan.of(run, Optional.of(remembered()), Set.of(DISPATCHER), DIRECT)
                        .owner())
                .isEqualTo(Owner.OPERATOR);
        assertThat(LaunchPlan.of(request(PortWish.ANY, 0), Optional.of(ofRun), Set.of(DISPATCHER), DIRECT)
                        .owner())
                .isEqualTo(Owner.OPERATOR);
        assertThat(LaunchPlan.of(run, Optional.of(ofRun), Set.of(DISPATCHER), DIRECT)
                        .owner())
                .isEqualTo(Owner.RUN);
        assertThat(LaunchPlan.of(run, Optional.of(remembered()), Set.of(), DIRECT)
                        .owner())
                .isEqualTo(Owner.RUN);
    }

    @Test
    void startsTheExecutorsOfTheBackendsThatAreWantedAndNoOthers() {
        assertThat(LaunchPlan.of(request(PortWish.ANY, 0), Optional.empty(), Set.of(), Set.of(Backend.DOCKER))
                        .start())
                .containsOnlyKeys(DISPATCHER, EXECUTOR_DOCKER);
        assertThat(LaunchPlan.of(
                                request(PortWish.ANY, 0),
                                Optional.of(remembered()),
                                Set.of(DISPATCHER, EXECUTOR_DIRECT),
                                Set.of(Backend.DIRECT, Backend.DOCKER))
                        .start())
                .containsOnlyKeys(EXECUTOR_DOCKER, CONNECTOR);
    }

    static LaunchRecord remembered() {
        return new LaunchRecord(
                SecretValue.of("api-token"),
                SecretValue.of("internal-token"),
                Map.of(DISPATCHER, 1, EXECUTOR_DIRECT, 2, CONNECTOR, 3),
                ListenAddress.loopback(4),
                Map.of(
                        DISPATCHER, new ProcessMark(11, "0"),
                        EXECUTOR_DIRECT, new ProcessMark(12, "0"),
                        CONNECTOR, new ProcessMark(13, "0")),
                Owner.OPERATOR,
                LogLevel.INFO,
                Optional.of(CONTROL_PLANE));
    }

    private static LaunchRequest request(PortWish http, int metricsPort) {
        return new LaunchRequest(
                Optional.empty(),
                Optional.empty(),
                http,
                ListenAddress.loopback(metricsPort),
                LogLevel.INFO,
                Owner.OPERATOR);
    }

    private static LaunchRequest withControlPlane(ControlPlane controlPlane) {
        return new LaunchRequest(
                Optional.empty(),
                Optional.of(controlPlane),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                Owner.OPERATOR);
    }
}
