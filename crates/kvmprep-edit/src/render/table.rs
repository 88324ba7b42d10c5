use std::io::{self, Write};

use anstyle::Style;
use kvmprep_lossless::value;

use crate::output::Output;

/// Rows of cells in columns as wide as their widest cell; the last column runs free.
pub struct Table {
    rows: Vec<(Style, Vec<String>)>,
}

impl Table {
    pub fn new(header: &[&str]) -> Self {
        let header = header.iter().map(|cell| (*cell).to_owned()).collect();
        Self { rows: vec![(Style::new().bold(), header)] }
    }

    pub fn row(&mut self, style: Style, cells: Vec<String>) {
        self.rows.push((style, cells.iter().map(|cell| value::shown(cell.as_bytes())).collect()));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    pub fn print(&self, output: &mut Output) -> io::Result<()> {
        let columns = self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|(_, cells)| cells.get(column)).map(|c| c.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).filter_map(width).collect();
        for (style, cells) in &self.rows {
            let style = output.style(*style);
            let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(output, "{style}{}{style:#}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}
