"""Parts of tools/new_project.py: what own data are like, and the configs that are written for them."""
