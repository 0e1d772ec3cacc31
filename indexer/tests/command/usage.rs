//! What the command tells of itself, and of how it is used wrongly.

use tempfile::TempDir;

use crate::support::run;

#[test]
fn without_mysql_the_error_says_where_it_looked_and_hides_the_password() {
    let folder = TempDir::new().unwrap();
    let (code, _, error) = run(folder.path(), "mysql://someone:secret@127.0.0.1:9/openrace", &["rebuild"]);
    assert_eq!(code, 1);
    assert!(error.contains("127.0.0.1:9") && error.contains("DATABASE_URL"), "{error}");
    assert!(!error.contains("secret"));
    assert_eq!(run(folder.path(), "not an address", &["rebuild"]).0, 1);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["rebuild", "--threads", "0"][..],
        &["rebuild", "--memory-mb", "1"],
        &["rebild"],
        &["snapshot"],
        &["snapshot", "export"],
        &["completions", "cmd"],
        &[],
    ] {
        assert_eq!(run(folder.path(), "", arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = run(TempDir::new().unwrap().path(), "", &["completions", shell]);
        assert_eq!(code, 0);
        for command in ["rebuild", "refresh", "status", "verify", "rollback", "gc", "snapshot"] {
            assert!(out.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn the_help_has_examples_and_exit_codes_and_hides_the_password() {
    let folder = TempDir::new().unwrap();
    let (code, out, _) = run(folder.path(), "", &["--help"]);
    assert_eq!(code, 0);
    assert!(out.contains("Examples:\n  indexer rebuild") && out.contains("Exit codes: 0 done"), "{out}");
    let (code, out, _) = run(folder.path(), "mysql://someone:secret@127.0.0.1/openrace", &["refresh", "--help"]);
    assert_eq!(code, 0);
    assert!(!out.contains("secret"), "{out}");
}
