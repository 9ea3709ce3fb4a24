"""What templates say and draw: words for times and numbers, tables, filters, form fields, charts."""
