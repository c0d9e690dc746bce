//! The engines from outside: over a store in memory, against recorded answers and case by case.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod door;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod upgrade;
