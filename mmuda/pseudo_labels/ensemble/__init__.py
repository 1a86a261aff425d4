"""Labels of several teachers, fused."""
