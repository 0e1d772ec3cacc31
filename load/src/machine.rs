//! On what something was measured, and when.

use std::{fs, process::Command, thread};

/// Date, commit and machine in one line.
#[allow(clippy::disallowed_methods, reason = "a record has the date of the day")]
pub fn description() -> String {
    let date = jiff::Timestamp::now().strftime("%F %H:%M UTC");
    let commit = output("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (processor, memory) = (of_proc("cpuinfo", "model name"), of_proc("meminfo", "MemTotal"));
    let system = output("uname", &["-srm"]);
    format!("{date}, commit {commit}; {cores} cores of {processor}, {memory} of memory, {system}")
}

/// What a program prints, or that it is unknown.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success());
    output.map_or_else(|| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A value that Linux tells about the machine, or that it is unknown.
fn of_proc(file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{file}")).unwrap_or_default();
    let value = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
    value.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}
