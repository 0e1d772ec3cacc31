//! Places at which a test may end the process, and mistakes that a test may plant. Both do nothing without the feature
//! `fail-points`, which no release has.

/// Ends the process, as `kill -9` does, when `OPENRACE_FAIL_POINT` is `name:n` and this is the n-th time it comes by here.
#[cfg(feature = "fail-points")]
pub fn pass(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    static PLANNED: LazyLock<Option<(String, AtomicI64)>> = LazyLock::new(planned);

    let Some((point, left)) = &*PLANNED else { return };
    if point == name && left.fetch_sub(1, Ordering::Relaxed) == 1 {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

#[cfg(feature = "fail-points")]
#[allow(clippy::disallowed_methods, reason = "not a setting of a program: absent from every release")]
fn planned() -> Option<(String, std::sync::atomic::AtomicI64)> {
    let setting = std::env::var("OPENRACE_FAIL_POINT").ok()?;
    let (point, number) = setting.split_once(':').unwrap_or((&setting, "1"));
    Some((point.to_owned(), number.parse().unwrap_or(1).into()))
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub fn pass(_: &str) {}

/// Whether `OPENRACE_PLANTED_BUG` names this mistake.
#[cfg(feature = "fail-points")]
#[allow(clippy::disallowed_methods, reason = "not a setting of a program: absent from every release")]
pub fn planted(bug: &str) -> bool {
    static PLANTED: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("OPENRACE_PLANTED_BUG").ok());

    PLANTED.as_deref() == Some(bug)
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub fn planted(_: &str) -> bool {
    false
}
