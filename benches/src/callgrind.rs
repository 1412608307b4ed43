//! Runs this very program under callgrind and reads what it counted.
//!
//! Allocations come from the same run: every allocation of a Rust program enters one of a few libc functions, and
//! callgrind says how often each instruction was executed, so how often the first of such a function was. (The calls it
//! records will not do: it counts those outside of the region too.) A counting allocator would need `unsafe`, which the
//! workspace forbids, and its counting would be part of the instructions counted.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::Path,
    process::{Command, Stdio},
};

/// What one operation of a case costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Instructions executed, those of the kernel left out.
    pub instructions: f64,
    /// Calls of the allocator that hand out memory.
    pub allocations: f64,
}

/// The functions behind Rust's default allocator; `realloc` hands out memory too.
const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// Counting starts and ends with this function, and one dump is written for each of its calls.
const REGION: &str = "authwright_benches::region::counted_region";

/// Whether callgrind is here at all.
pub fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs this program again with `arguments`, under callgrind, and pairs its cases with what they cost.
///
/// # Errors
/// Callgrind cannot be run, or what it wrote cannot be read.
pub fn count(arguments: &[String]) -> io::Result<Vec<(String, Cost)>> {
    let folder = env::temp_dir().join(format!("authwright-benches-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = count_in(&folder, arguments);
    fs::remove_dir_all(&folder)?;
    outcome
}

fn count_in(folder: &Path, arguments: &[String]) -> io::Result<Vec<(String, Cost)>> {
    let dump = folder.join("dump");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no", "--compress-pos=no"])
        .args(["--dump-instr=yes", "--dump-line=no"])
        .arg("--collect-atstart=no")
        .arg(format!("--toggle-collect={REGION}"))
        .arg(format!("--dump-after={REGION}"))
        .arg(format!("--callgrind-out-file={}", dump.display()))
        .arg(env::current_exe()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("valgrind ended with {}", output.status)));
    }
    let ran = String::from_utf8_lossy(&output.stdout);
    let cases = ran.lines().filter_map(|line| {
        let (iterations, case) = line.split_once('\t')?;
        Some((iterations.parse::<u32>().ok()?, case))
    });
    cases
        .enumerate()
        .map(|(index, (iterations, case))| {
            let text = fs::read_to_string(dump.with_extension((index + 1).to_string()))?;
            let (instructions, allocations) = totals(&text)?;
            let per_operation = |total: u64| -> io::Result<f64> {
                let total = u32::try_from(total).map_err(io::Error::other)?;
                Ok(f64::from(total) / f64::from(iterations))
            };
            let cost =
                Cost { instructions: per_operation(instructions)?, allocations: per_operation(allocations)? };
            Ok((case.to_owned(), cost))
        })
        .collect()
}

/// Reads one dump: the line `totals: 123`, and under `fn=malloc` the lines `0x98930 2` (address, executions), of which
/// the lowest address is where the function is entered.
fn totals(dump: &str) -> io::Result<(u64, u64)> {
    let mut instructions = None;
    let mut entries = BTreeMap::<&str, (u64, u64)>::new();
    let (mut function, mut is_call) = ("", false);
    for line in dump.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            function = name;
        } else if let Some(total) = line.strip_prefix("totals: ") {
            instructions = Some(total.trim().parse().map_err(io::Error::other)?);
        } else if line.starts_with("calls=") {
            // The line that follows holds the cost of the callee.
            is_call = true;
        } else if let Some(executed) = line.strip_prefix("0x") {
            if ALLOCATORS.contains(&function) && !is_call {
                let (address, count) = executed.split_once(' ').unwrap_or_default();
                let address = u64::from_str_radix(address, 16).map_err(io::Error::other)?;
                let executed = (address, count.trim().parse().map_err(io::Error::other)?);
                let entry = entries.entry(function).or_insert(executed);
                *entry = (*entry).min(executed);
            }
            is_call = false;
        }
    }
    let instructions = instructions.ok_or_else(|| io::Error::other("a callgrind dump has no totals"))?;
    Ok((instructions, entries.values().map(|(_, count)| count).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_dump() {
        let dump = "fn=work\n0x10 3\ncfn=malloc\ncalls=99 0x98930 \n0x12 90\n\nfn=malloc\n0x98932 3\n0x98930 3\n\
                    cfn=sysmalloc\ncalls=1 0x50 \n0x98800 60\n0x98940 7\n\nfn=realloc\n0x20 2\n\ntotals: 254\n";
        assert_eq!(totals(dump).unwrap(), (254, 5));
        assert!(totals("fn=work\n").is_err());
    }
}
