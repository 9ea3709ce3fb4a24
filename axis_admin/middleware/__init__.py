"""What happens around every request, a module per concern."""
