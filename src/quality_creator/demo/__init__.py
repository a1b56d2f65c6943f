"""A made-up factory that enters by the same doors as a real one."""
