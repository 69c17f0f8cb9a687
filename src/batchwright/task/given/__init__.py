"""What people have, read into what a task needs: their data, model, loss, each in a file of its own."""
