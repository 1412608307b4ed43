//! Counts instructions and allocations of every case and holds them against their limits.
//!
//! `report [--smoke] [--require]`: `--smoke` counts fewer operations, for CI; `--require` fails where callgrind is not
//! installed, which otherwise only says so. The exit code is 1 where a limit is exceeded.

use std::{env, process::ExitCode};

use authwright_benches::{callgrind, cases, region::Recorder, table};

/// How the program calls itself under callgrind: `report --inner 1000`.
const INNER: &str = "--inner";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [inner, iterations] = &arguments[..]
        && let (INNER, Ok(iterations)) = (inner.as_str(), iterations.parse())
    {
        let mut recorder = Recorder::new(iterations);
        cases::run(&mut recorder);
        recorder.print();
        return ExitCode::SUCCESS;
    }
    let is_set = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if !callgrind::is_installed() {
        println!("skipped: valgrind is not installed, so there is nothing to count instructions with");
        return if is_set("--require") { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let iterations = if is_set("--smoke") { 100 } else { 2000 };
    match callgrind::count(&[INNER.into(), iterations.to_string()]) {
        Ok(counted) => {
            let exceeded = table::print(&cases::rows(), &counted);
            println!("\n{exceeded} limits exceeded; {iterations} operations a case");
            if exceeded == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cannot count: {error}");
            ExitCode::FAILURE
        }
    }
}
