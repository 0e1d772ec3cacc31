//! Places at which a test may end the process, and mistakes that a test may plant. Both do nothing without the feature
//! `fail-points`, which no release has.

/// Ends the process, as `kill -9` does, when `OPENRACE_FAIL_POINT` is `name:n` and this is the n-th time it comes by here.
#[cfg(feature = "fail-points")]
pub(crate) fn pass(name: &str) {
    use std::sync::atomic::{AtomicI64, Ordering};

    static LEFT: AtomicI64 = AtomicI64::new(i64::MIN);

    let Some(setting) = setting("OPENRACE_FAIL_POINT") else { return };
    let (point, number) = setting.split_once(':').unwrap_or((setting, "1"));
    if point != name {
        return;
    }
    let number = number.parse().unwrap_or(1);
    let _ = LEFT.compare_exchange(i64::MIN, number, Ordering::Relaxed, Ordering::Relaxed);
    if LEFT.fetch_sub(1, Ordering::Relaxed) == 1 {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Whether `OPENRACE_PLANTED_BUG` names this mistake.
#[cfg(feature = "fail-points")]
pub(crate) fn planted(bug: &str) -> bool {
    setting("OPENRACE_PLANTED_BUG") == Some(bug)
}

/// Milliseconds by which `OPENRACE_CLOCK_OFFSET_MS` has this node's clock be wrong.
#[cfg(feature = "fail-points")]
pub(crate) fn clock_offset() -> i64 {
    setting("OPENRACE_CLOCK_OFFSET_MS").and_then(|offset| offset.parse().ok()).unwrap_or(0)
}

#[cfg(feature = "fail-points")]
#[allow(clippy::disallowed_methods, reason = "not a setting of the server: absent from every release")]
fn setting(name: &'static str) -> Option<&'static str> {
    use std::{collections::HashMap, env, sync::LazyLock};

    static SETTINGS: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
        let read = |name| Some((name, env::var(name).ok()?));
        ["OPENRACE_FAIL_POINT", "OPENRACE_PLANTED_BUG", "OPENRACE_CLOCK_OFFSET_MS"]
            .into_iter()
            .filter_map(read)
            .collect()
    });
    SETTINGS.get(name).map(String::as_str)
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn pass(_: &str) {}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn planted(_: &str) -> bool {
    false
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn clock_offset() -> i64 {
    0
}
