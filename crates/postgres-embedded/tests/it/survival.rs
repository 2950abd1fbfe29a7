//! Nothing that dies, however it dies, breaks the next start.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use postgres_embedded::{Choice, Options, Search};

use crate::{Place, eventually, is_live, kill_hard, server_pid, set_mode, single};

#[tokio::test]
async fn a_killed_server_recovers_at_the_next_start() {
    let place = Place::new();
    let durable = || Options { durable: true, ..place.options() };
    let server = postgres_embedded::start(durable()).await.unwrap();
    server.execute("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").await.unwrap();
    let killed = server_pid(&server);
    kill_hard(killed);

    // The first handle still lives, and its child is a zombie that nobody has reaped.
    let next = postgres_embedded::start(durable()).await.unwrap();
    assert_ne!(server_pid(&next), killed);
    assert!(!next.is_adopted());
    assert_eq!(single(&next, "SELECT n FROM kept").await, "7");
    server.stop().await.unwrap();
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_left_by_a_killed_parent_is_adopted() {
    let place = Place::new();
    let server_of_parent = orphan(&place, &["--fast"]).await;
    let server = postgres_embedded::start(Options { max_connections: 10, ..place.options() }).await.unwrap();
    assert!(server.is_adopted());
    assert_eq!(server_pid(&server), server_of_parent);
    server.stop().await.unwrap();
    assert!(!is_live(server_of_parent));
}

#[tokio::test]
async fn an_orphan_with_other_settings_is_restarted() {
    let place = Place::new();
    let server_of_parent = orphan(&place, &[]).await;
    let server = place.start().await;
    assert!(!server.is_adopted());
    assert!(!is_live(server_of_parent));
    assert_eq!(single(&server, "SHOW fsync").await, "off");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_initialisation_cut_short_is_begun_again() {
    let place = Place::new();
    let unfinished = place.data_dir().join("cluster.new");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let server = place.start().await;
    assert!(!unfinished.exists());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_number_that_was_reused_is_not_mistaken_for_the_server() {
    let place = Place::new();
    let server = place.start().await;
    let pid_file = server.data_dir().join("cluster/postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    let cluster_lines = text.split_once('\n').unwrap().1.to_owned();
    server.stop().await.unwrap();
    fs::write(&pid_file, format!("{}\n{cluster_lines}", std::process::id())).unwrap();
    let server = place.start().await;
    assert_eq!(single(&server, "SELECT 1").await, "1");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn the_program_runs_a_command_and_reports_its_end() {
    let place = Place::new();
    let migrations = place.temporary.path().join("migrations");
    fs::create_dir(&migrations).unwrap();
    fs::write(migrations.join("2_fill.sql"), "INSERT INTO made VALUES (1);").unwrap();
    fs::write(migrations.join("1_make.sql"), "CREATE TABLE made (n int); CREATE INDEX ON made (n);").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_postgres-embedded"))
        .args(["run", "--fast", "--data-dir", place.data_dir().to_str().unwrap(), "--database", "chores", "--apply"])
        .arg(&migrations)
        .args(["--export", "ADDRESS", "--", "sh", "-c", "echo $ADDRESS; exit 3"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("/chores?sslmode=disable"));
    let server = place.start().await;
    assert_eq!(server.execute("chores", "SELECT n FROM made").await.unwrap(), [[Some("1".to_owned())]]);
    server.stop().await.unwrap();
}

/// As whom we are not: root hands the whole job to an ordinary account, an ordinary account does it itself.
#[tokio::test]
async fn an_ordinary_account_needs_nothing_else() {
    let place = Place::new();
    set_mode(place.temporary.path(), 0o777);
    let program = place.temporary.path().join("postgres-embedded");
    fs::copy(env!("CARGO_BIN_EXE_postgres-embedded"), &program).unwrap();
    set_mode(&program, 0o755);
    let mut command = Command::new(&program);
    command.args(["run", "--fast", "--data-dir", place.data_dir().to_str().unwrap(), "--", "true"]);
    command.current_dir("/").env("HOME", place.temporary.path()).env_remove("XDG_CACHE_HOME");
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(place.data_dir().join("cluster/PG_VERSION").is_file());
}

#[tokio::test]
async fn a_server_whose_parent_died_before_it_was_seen_is_adopted() {
    let place = Place::new();
    place.start().await.stop().await.unwrap();
    // Between our look and our start, the server of a parent that was killed takes the folder; and it answers before
    // ours has noticed that it comes too late.
    let real = Search::of_this_process().installations().unwrap().remove(0).bin;
    let programs = place.temporary.path().join("programs");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(real.join("initdb"), programs.join("initdb")).unwrap();
    let postgres = programs.join("postgres");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -D ] && [ ! -e rival ]; then\n  : > rival\n  '{real}' \"$@\" &\n  \
         until grep -q ready postmaster.pid; do sleep 0.02; done\n  sleep 0.5\nfi\nexec '{real}' \"$@\"\n",
        real = real.join("postgres").display()
    );
    fs::write(&postgres, script).unwrap();
    set_mode(&programs, 0o755);
    set_mode(&postgres, 0o755);

    let search = Search { choice: Choice::Folder(programs), ..Search::of_this_process() };
    let server = postgres_embedded::start_with(place.options(), &search).await.unwrap();
    assert!(place.data_dir().join("cluster/rival").exists(), "there was no rival");
    assert!(server.is_adopted());
    server.stop().await.unwrap();
}

/// Starts a server through the program, kills the program hard, and returns the server's process, which lives on.
async fn orphan(place: &Place, flags: &[&str]) -> i32 {
    let started = place.temporary.path().join("started");
    let mut parent = Command::new(env!("CARGO_BIN_EXE_postgres-embedded"))
        .args(["run", "--data-dir", place.data_dir().to_str().unwrap()])
        .args(flags)
        .args(["--", "sh", "-c", "echo yes > \"$0\"; read -r _", started.to_str().unwrap()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the command ran", || Path::new(&started).exists()).await;
    let text = fs::read_to_string(place.data_dir().join("cluster/postmaster.pid")).unwrap();
    let pid = text.lines().next().unwrap().parse().unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(is_live(pid));
    pid
}
