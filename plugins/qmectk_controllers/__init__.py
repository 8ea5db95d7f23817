"""Controllers that learn: what to decide in every slot of a system, trained on copies of its world."""
