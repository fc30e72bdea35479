//! Bad input takes little memory. This is a program of its own, because it measures the whole
//! process.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![cfg(target_os = "linux")]

#[test]
fn bad_input_takes_less_than_a_hundred_megabytes() {
    let library = scenario::catalogue::library();
    let directory = tempfile::tempdir().unwrap();
    for (i, text) in heavy().into_iter().enumerate() {
        let file = directory.path().join(format!("{i}.yaml"));
        std::fs::write(&file, text).unwrap();
        assert!(library.read(&scenario::Disk, &file).is_err(), "{i}");
    }
    let huge = directory.path().join("huge.yaml");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    assert!(library.read(&scenario::Disk, &huge).is_err());
    let megabytes = peak_kilobytes() / 1024;
    println!("peak memory: {megabytes} MB");
    assert!(megabytes < 100, "{megabytes} MB");
}

fn heavy() -> Vec<String> {
    let head =
        "apiVersion: isthmus/v1alpha1\nkind: Scenario\nmetadata: {name: heavy}\nspec:\n  steps:\n";
    vec![
        format!("a: {}", "[".repeat(900_000)),
        format!("a: [{}]", "x,".repeat(500_000)),
        format!("kind: Scenario\na: [{}]", "x,".repeat(140_000)),
        format!(
            "a: &a {}\nb: [{}]",
            "x".repeat(500_000),
            vec!["*a"; 100_000].join(",")
        ),
        "- ".repeat(400_000),
        "k: v\n".repeat(140_000),
        format!("{head}{}", "    - wait: 1s\n".repeat(45_000)),
        format!("{head}{}", "    - {}\n".repeat(90_000)),
    ]
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}
