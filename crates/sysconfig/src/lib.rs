//! x
mod grammar;
mod lexer;
mod scan;
mod statement;
