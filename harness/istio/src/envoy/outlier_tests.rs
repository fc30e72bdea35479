use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn address(n: u32) -> Address {
    (format!("10.0.0.{n}").into(), 8080)
}

fn detector(hosts: u32, config: EnvoyOutlier) -> OutlierDetector {
    let mut detector = OutlierDetector::new(config, Duration::ZERO);
    detector.set_hosts((0..hosts).map(address));
    detector
}

fn any_share() -> EnvoyOutlier {
    EnvoyOutlier {
        max_ejection_percent: Some(100),
        ..EnvoyOutlier::default()
    }
}

fn fail(detector: &mut OutlierDetector, now: Duration, host: u32, times: u32) -> bool {
    let observe = |_| {
        detector
            .observe(now, &address(host), Event::Status(503))
            .value
    };
    (0..times).map(observe).last().unwrap()
}

#[test]
fn five_failures_in_a_row_eject_and_a_success_starts_over() {
    let mut detector = detector(1, any_share());
    assert!(!fail(&mut detector, SECOND, 0, 4));
    assert!(
        !detector
            .observe(SECOND, &address(0), Event::Status(200))
            .value
    );
    assert!(!fail(&mut detector, SECOND, 0, 4));
    assert!(fail(&mut detector, SECOND, 0, 1));
    assert!(detector.is_ejected(&address(0)));
    assert!(!fail(&mut detector, SECOND, 0, 5), "it is ejected already");
}

#[test]
fn fewer_than_ten_hosts_never_lose_one_by_default() {
    for (hosts, ejects) in [(2, false), (9, false), (10, true)] {
        let mut detector = detector(hosts, EnvoyOutlier::default());
        assert_eq!(fail(&mut detector, SECOND, 0, 5), ejects, "{hosts} hosts");
    }
}

#[test]
fn the_share_of_ejected_hosts_is_kept_and_named() {
    let half = EnvoyOutlier {
        max_ejection_percent: Some(50),
        ..EnvoyOutlier::default()
    };
    let mut detector = detector(4, half);
    assert!(fail(&mut detector, SECOND, 0, 5));
    assert!(fail(&mut detector, SECOND, 1, 5));
    fail(&mut detector, SECOND, 2, 4);
    let third = detector.observe(SECOND, &address(2), Event::Status(500));
    assert_eq!((third.value, third.because), (false, rules::EJECTION_LIMIT));
}

#[test]
fn an_ejection_ends_at_the_first_sweep_after_its_time() {
    let mut detector = detector(1, any_share());
    fail(&mut detector, 5 * SECOND, 0, 5);
    for at in [10, 20, 30] {
        assert_eq!(detector.sweep(at * SECOND).value, []);
    }
    assert_eq!(
        detector.sweep(36 * SECOND).value,
        [],
        "no sweep is due before 40"
    );
    assert_eq!(detector.sweep(40 * SECOND).value, [address(0)]);
    assert!(!detector.is_ejected(&address(0)));
}

#[test]
fn a_second_ejection_takes_twice_as_long_and_quiet_sweeps_forgive() {
    let mut detector = detector(1, any_share());
    fail(&mut detector, Duration::ZERO, 0, 5);
    assert_eq!(detector.sweep(30 * SECOND).value.len(), 1);
    fail(&mut detector, 30 * SECOND, 0, 5);
    assert_eq!(detector.sweep(80 * SECOND).value.len(), 0);
    assert_eq!(detector.sweep(90 * SECOND).value.len(), 1);
    assert_eq!(detector.sweep(100 * SECOND).value.len(), 0);
    assert_eq!(detector.sweep(110 * SECOND).value.len(), 0);
    fail(&mut detector, 110 * SECOND, 0, 5);
    assert_eq!(detector.sweep(140 * SECOND).value.len(), 1);
}

#[test]
fn an_ejection_is_never_longer_than_the_cap() {
    let mut detector = detector(1, any_share());
    let mut now = Duration::ZERO;
    for n in 1..=14 {
        fail(&mut detector, now, 0, 5);
        let expected = (n * 30 * SECOND).min(300 * SECOND);
        now += expected - SECOND;
        assert_eq!(detector.sweep(now).value.len(), 0, "ejection {n}");
        now += 10 * SECOND;
        assert_eq!(detector.sweep(now).value.len(), 1, "ejection {n}");
    }
}

#[test]
fn failures_to_connect_count_as_answers_unless_they_are_split() {
    let mut joined = detector(1, any_share());
    let event = |n| {
        if n % 2 == 0 {
            Event::ConnectFailed
        } else {
            Event::TimedOut
        }
    };
    let last = (0..5)
        .map(|n| joined.observe(SECOND, &address(0), event(n)).value)
        .last();
    assert_eq!(last, Some(true));

    let split = EnvoyOutlier {
        split_external_local_origin_errors: true,
        consecutive_local_origin_failure: Some(2),
        ..any_share()
    };
    let mut split = detector(1, split);
    assert!(
        !split
            .observe(SECOND, &address(0), Event::ConnectFailed)
            .value
    );
    assert!(!split.observe(SECOND, &address(0), Event::Connected).value);
    assert!(!split.observe(SECOND, &address(0), Event::TimedOut).value);
    assert!(
        split
            .observe(SECOND, &address(0), Event::ConnectFailed)
            .value
    );
}

#[test]
fn gateway_errors_count_only_where_they_are_enforced() {
    let gateway = EnvoyOutlier {
        consecutive_5xx: Some(0),
        enforcing_consecutive_5xx: Some(0),
        consecutive_gateway_failure: Some(2),
        enforcing_consecutive_gateway_failure: Some(100),
        ..any_share()
    };
    let mut detector = detector(1, gateway);
    let mut observe = |status| {
        detector
            .observe(SECOND, &address(0), Event::Status(status))
            .value
    };
    assert!(![500, 500, 501, 505].map(&mut observe).contains(&true));
    assert!(![502, 500, 504, 499].map(&mut observe).contains(&true));
    assert_eq!([502, 504].map(&mut observe), [false, true]);
}

#[test]
fn a_host_that_leaves_is_forgotten() {
    let mut detector = detector(2, any_share());
    fail(&mut detector, SECOND, 0, 5);
    detector.set_hosts([address(1)]);
    assert!(!detector.is_ejected(&address(0)));
    assert!(
        !detector
            .observe(SECOND, &address(0), Event::Status(500))
            .value
    );
    detector.set_hosts([address(0), address(1)]);
    assert!(!detector.is_ejected(&address(0)));
}

/// Failed connections until a host is ejected.
fn connect_failures(config: EnvoyOutlier) -> usize {
    let mut detector = detector(1, config);
    let mut observe = || {
        let observed = detector.observe(SECOND, &address(0), Event::ConnectFailed);
        observed.value
    };
    (1..=20).find(|_| observe()).unwrap_or(usize::MAX)
}

#[test]
fn failed_connections_are_server_errors_unless_they_are_split_off() {
    let limits = EnvoyOutlier {
        consecutive_5xx: Some(7),
        consecutive_local_origin_failure: Some(3),
        ..any_share()
    };
    assert_eq!(connect_failures(limits.clone()), 7);
    let split = EnvoyOutlier {
        split_external_local_origin_errors: true,
        ..limits
    };
    assert_eq!(connect_failures(split.clone()), 3);
    let late = EnvoyOutlier {
        consecutive_5xx: Some(2),
        ..split
    };
    assert_eq!(connect_failures(late), 3, "they are no server errors then");
}

#[test]
fn requests_that_take_too_long_are_split_off_alike() {
    let split = EnvoyOutlier {
        split_external_local_origin_errors: true,
        consecutive_gateway_failure: Some(1),
        enforcing_consecutive_gateway_failure: Some(100),
        ..any_share()
    };
    let whole = EnvoyOutlier {
        split_external_local_origin_errors: false,
        ..split.clone()
    };
    let ejects = |config| {
        let mut detector = detector(1, config);
        let observed = detector.observe(SECOND, &address(0), Event::TimedOut);
        observed.value
    };
    assert!(ejects(whole) && !ejects(split));
}
