//! The service and the sandbox in one process, for the tests.
