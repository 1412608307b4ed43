//! The referee is right by the examples of the RFCs, and notices each broken rule.
