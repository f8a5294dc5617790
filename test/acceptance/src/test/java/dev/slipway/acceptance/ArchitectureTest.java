package dev.slipway.acceptance;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The dependency arrows, and where the outside world may be touched. */
class ArchitectureTest {
    private static final Map<String, Set<String>> ARROWS = Map.of(
            "protocol", Set.of(),
            "settings", Set.of(),
            "executor.core", Set.of("protocol", "settings"),
            "executor.direct", Set.of("executor.core", "protocol", "settings"),
            "executor.docker", Set.of("executor.core", "protocol", "settings"),
            "executor.k8s", Set.of("executor.core", "protocol", "settings"),
            "dispatcher", Set.of("protocol", "settings"),
            "connector", Set.of("protocol", "settings"),
            "cli", Set.of("protocol", "settings"));

    private static JavaClasses product;

    @BeforeAll
    static void readClasses() {
        product = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(
                        ARROWS.keySet().stream().map(ArchitectureTest::root).toArray(String[]::new));
    }

    @TestFactory
    Stream<DynamicTest> everyModuleDependsOnlyOnItsArrows() {
        return ARROWS.entrySet().stream()
                .map(arrows -> DynamicTest.dynamicTest(arrows.getKey(), () -> {
                    String[] allowed = Stream.concat(Stream.of(arrows.getKey()), arrows.getValue().stream())
                            .map(module -> root(module) + "..")
                            .toArray(String[]::new);
                    assertThat(product.that(resideInAPackage(root(arrows.getKey()) + "..")))
                            .as("classes read of " + arrows.getKey())
                            .isNotEmpty();
                    classes()
                            .that()
                            .resideInAPackage(root(arrows.getKey()) + "..")
                            .should()
                            .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(outside("dev.slipway")))
                            .check(product);
                }));
    }

    @Test
    void theCoreTouchesNothingOfTheOutsideWorld() {
        classes()
                .that()
                .resideInAPackage("dev.slipway.dispatcher.core..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.slipway.dispatcher.core..",
                        "dev.slipway.protocol..",
                        "java.lang..",
                        "java.util",
                        "java.util.function",
                        "java.util.stream",
                        "org.jspecify.annotations..")
                .check(product);
    }

    @Test
    void theOtherPureClassesTouchNothingOfTheOutsideWorldEither() {
        classes()
                .that()
                .haveFullyQualifiedName("dev.slipway.executor.core.RunTable")
                .or()
                .haveFullyQualifiedName("dev.slipway.connector.outbox.Outbox")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.slipway.executor.core",
                        "dev.slipway.connector.outbox",
                        "dev.slipway.protocol..",
                        "java.lang..",
                        "java.util",
                        "java.util.function",
                        "java.util.stream",
                        "org.jspecify.annotations..")
                .check(product);
    }

    @Test
    void onlyLedgerAndLogsSpeakSql() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.slipway.dispatcher.ledger..", "dev.slipway.dispatcher.logs..")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Connection.class, Statement.class, ResultSet.class, DriverManager.class)
                .check(product);
    }

    @Test
    void onlyTheDirectExecutorTheLauncherAndCredentialHelpersAreProcesses() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.slipway.executor.direct..", "dev.slipway.cli..")
                .and()
                .doNotHaveFullyQualifiedName("dev.slipway.executor.docker.CredentialHelpers")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName(ProcessBuilder.class.getName())
                .check(product);
    }

    @Test
    void onlyTheDockerExecutorKnowsTheDockerEngine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.slipway.executor.docker..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.github.dockerjava..", "org.apache.hc..")
                .check(product);
    }

    @Test
    void onlyTheKubernetesExecutorKnowsClusters() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.slipway.executor.k8s..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.fabric8..")
                .check(product);
    }

    @Test
    void nobodyReadsTheClockOrSleepsBehindTheTestsBack() {
        noClasses()
                .should()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(Thread.class, "sleep", java.time.Duration.class)
                .check(product);
    }

    @Test
    void onlyTheCommandLineReadsTheEnvironmentItself() {
        noClasses()
                .that(describe(
                        "are no part of the command line or of a backend that shows it to others",
                        javaClass -> List.of(
                                        "dev.slipway.cli",
                                        "dev.slipway.executor.direct",
                                        "dev.slipway.executor.docker",
                                        "dev.slipway.executor.k8s")
                                .stream()
                                .noneMatch(javaClass.getPackageName()::startsWith)))
                .should()
                .callMethod(System.class, "getenv")
                .orShould()
                .callMethod(System.class, "getenv", String.class)
                .check(product);
    }

    private static String root(String module) {
        return "dev.slipway." + module;
    }

    private static DescribedPredicate<JavaClass> outside(String root) {
        return describe(
                "outside " + root, javaClass -> !javaClass.getPackageName().startsWith(root));
    }
}
