"""Parts of tools/check_data.py."""
