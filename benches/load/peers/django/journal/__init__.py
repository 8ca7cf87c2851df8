"""What a team would write with Django, its REST framework and PostgreSQL."""
