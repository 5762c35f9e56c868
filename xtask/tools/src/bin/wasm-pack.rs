//! Builds the pane's tests and hands them to the test runner.

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    env_logger::init();
    wasm_pack::command::run_wasm_pack(wasm_pack::Cli::parse().cmd)
}
