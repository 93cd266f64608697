"""What a person sees: one view a room, data in, a Rich renderable out, nothing printed."""
